/** What a command recorded when it came first, read back for whoever sends it again with the same body. */
import type { EventStore } from '../ports/eventStore.js'
import type { Aggregate, CommandContext, Fact } from './decider.js'
import type { Fold } from './fold.js'
import { isSameBody } from './knownCommands.js'
import type { KnownCommand } from './knownCommands.js'
import type { Outcome } from './outcome.js'
import { reject } from './rejection.js'

export const firstResult = async <State, Event extends Fact>(
  events: Pick<EventStore, 'readStream'>,
  aggregate: Aggregate<State, Event>,
  { stream, command, fold }: { readonly stream: string; readonly command: CommandContext; readonly fold: Fold<State> },
  { revision, count }: Pick<KnownCommand, 'revision' | 'count'>,
): Promise<Outcome<State, Event>> => {
  const stored = await events.readStream(stream, { from: revision, limit: count })
  if (stored.some(({ meta }) => !isSameBody(meta, command))) return reject({ code: 'idempotency-mismatch' })
  const recorded = stored.flatMap((event) => {
    const parsed = aggregate.parse(event)
    return parsed.type === 'Erased' ? [] : [{ ...(parsed as Event), position: event.position, id: event.id }]
  })
  const last = stored.at(-1)
  const at = last?.meta.at ?? command.at
  return { recorded, position: last?.position ?? fold.position, at, state: fold.state, repeated: true }
}
