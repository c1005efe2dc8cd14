/** Commands whose event names blobs: decided once, then the bytes made durable, then the event. */
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/state.js'
import type { GroupEvent } from '../../events/group.js'
import type { Blobs } from '../../ports/blobs.js'
import type { CommandContext, Decide } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Streams } from '../../streams/streams.js'
import { onceEach } from '../../structures/onceEach.js'

export type Storing = {
  readonly stream: string
  readonly command: CommandContext
  /** The state as it was just read. */
  readonly before: Group
  readonly decide: Decide<Group, GroupEvent>
  /** What the event will name, in the order in which it is stored. */
  readonly bytes: readonly Uint8Array[]
}

type StoringDependencies = { readonly streams: Streams; readonly blobs: Pick<Blobs, 'put'> }

/**
 * What is refused, as the losers of every epoch are, leaves no blobs behind. What is accepted is not decided again unless
 * another command came in between.
 */
export const executeStoring = async (
  { streams, blobs }: StoringDependencies,
  { stream, command, before, decide, bytes }: Storing,
): Promise<Outcome<Group, GroupEvent>> => {
  const decideOnce = onceEach(decide)
  const first = decideOnce(before)
  // Executed all the same: a command that is known gets its first result, whatever is decided by now.
  if ('rejected' in first) return streams.execute(groupAggregate, stream, command, () => first)
  for (const one of bytes) await blobs.put(one)
  return streams.execute(groupAggregate, stream, command, decideOnce)
}
