/** Commands whose event names blobs: decided once, then the bytes made durable, then the event. */
import type { Blobs } from '../../ports/blobs.js'
import type { Aggregate, CommandContext, Decide, Fact } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Streams } from '../../streams/streams.js'
import { onceEach } from '../../structures/onceEach.js'

type Storing<State, Event extends Fact> = {
  readonly stream: string
  readonly command: CommandContext
  /** The state as it was just read. */
  readonly before: State
  readonly decide: Decide<State, Event>
  /** What the event will name, in the order in which it is stored. */
  readonly bytes: readonly Uint8Array[]
}

type StoringDependencies = { readonly streams: Streams; readonly blobs: Pick<Blobs, 'put'> }

/**
 * What is refused, as the losers of every epoch are, leaves no blobs behind. What is accepted is not decided again unless
 * another command came in between.
 */
export const executeStoring = async <State extends object, Event extends Fact>(
  { streams, blobs }: StoringDependencies,
  aggregate: Aggregate<State, Event>,
  { stream, command, before, decide, bytes }: Storing<State, Event>,
): Promise<Outcome<State, Event>> => {
  const decideOnce = onceEach(decide)
  const first = decideOnce(before)
  // Executed all the same: a command that is known gets its first result, whatever is decided by now.
  if ('rejected' in first) return streams.execute(aggregate, stream, command, () => first)
  for (const one of bytes) await blobs.put(one)
  return streams.execute(aggregate, stream, command, decideOnce)
}
