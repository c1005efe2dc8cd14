/** Appends to a stream that is never folded: no expectation, so that senders do not race; the event's id makes it once. */
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import { eventId } from './commandId.js'
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
): Promise<Rejected | { readonly position: Position; readonly at: number; readonly repeated: boolean }> => {
  const appended = await events.append(stream, [newEvent(shapes, stream, command, event, 0)], 'any')
  if (appended.status === 'wrongRevision') throw new StoreUnavailable(`${stream}: 'any' was refused`)
  const { position, repeated, revision } = appended
  if (!repeated) return { position, at: command.at, repeated }
  const [first] = await events.readStream(stream, { from: revision, limit: 1 })
  if (first !== undefined && !isSameBody(first.meta, command)) return reject({ code: 'idempotency-mismatch' })
  return { position, at: first?.meta.at ?? command.at, repeated }
}

/** The same, without appending: undefined where the command's event does not stand in the stream. */
export const appendedBefore = async (
  events: Pick<EventStore, 'find'>,
  stream: string,
  command: Pick<CommandContext, 'id' | 'bodyHash'>,
): Promise<Rejected | { readonly position: Position; readonly at: number; readonly repeated: boolean } | undefined> => {
  const first = await events.find(stream, eventId(command.id, 0))
  if (first === undefined) return undefined
  if (!isSameBody(first.meta, command)) return reject({ code: 'idempotency-mismatch' })
  return { position: first.position, at: first.meta.at, repeated: true }
}

/** What a command says, where no fold is asked. */
export type Commanded<Event extends Fact> = { readonly command: CommandContext; readonly event: Event }

/**
 * Where exactly this revision is the last, an event of each command one after another: all of them or none. The same commands again
 * at the same place answer the first result.
 */
export const appendAt = async <Event extends Fact>(
  events: Pick<EventStore, 'append'>,
  { shapes }: Pick<Aggregate<unknown, Event>, 'shapes'>,
  stream: string,
  commanded: readonly Commanded<Event>[],
  expected: 'none' | number,
): Promise<'elsewhere' | { readonly position: Position; readonly revision: number }> => {
  const news = commanded.map(({ command, event }) => newEvent(shapes, stream, command, event, 0))
  const appended = await events.append(stream, news, expected)
  return appended.status === 'wrongRevision' ? 'elsewhere' : appended
}
