/** Appends to a stream that is never folded: no expectation, so that senders do not race; the event's id makes it once. */
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import type { Aggregate, CommandContext, Fact } from './decider.js'
import { isSameBody } from './knownCommands.js'
import { newEvent } from './newEvent.js'
import { reject } from './rejection.js'
import type { Rejected } from './rejection.js'

/** The same command id again answers the first position; with another body it is refused. */
export const appendOnce = async <Event extends Fact>(
  events: Pick<EventStore, 'append' | 'readStream'>,
  { shapes }: Pick<Aggregate<unknown, Event>, 'shapes'>,
  stream: string,
  command: CommandContext,
  event: Event,
): Promise<Rejected | { readonly position: Position; readonly repeated: boolean }> => {
  const appended = await events.append(stream, [newEvent(shapes, stream, command, event, 0)], 'any')
  if (appended.status === 'wrongRevision') throw new StoreUnavailable(`${stream}: 'any' was refused`)
  const { position, repeated, revision } = appended
  if (repeated) {
    const [first] = await events.readStream(stream, { from: revision, limit: 1 })
    if (first !== undefined && !isSameBody(first.meta, command)) return reject({ code: 'idempotency-mismatch' })
  }
  return { position, repeated }
}
