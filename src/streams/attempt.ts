/** One attempt at a command: decide on the fold, append with its revision expected, fold on. */
import type { EventStore, NewEvent } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import type { Aggregate, CommandContext, Decide, Fact } from './decider.js'
import { firstResult } from './firstResult.js'
import type { Fold } from './fold.js'
import type { Folds } from './folds.js'
import { isSameBody, lastKnown } from './knownCommands.js'
import { newEvent } from './newEvent.js'
import type { Outcome } from './outcome.js'
import { reject } from './rejection.js'

export type Asked<State, Event extends Fact> = {
  readonly aggregate: Aggregate<State, Event>
  readonly stream: string
  readonly command: CommandContext
  readonly decide: Decide<State, Event>
}

export type AttemptDependencies = { readonly events: EventStore; readonly folds: Folds }

/** On the fold as this process last saw it, or as it is now. `stale`: others were faster, try again with a fresh one. */
export const attempt = async <State, Event extends Fact>(
  deps: AttemptDependencies,
  asked: Asked<State, Event>,
  from: 'cached' | 'fresh',
): Promise<Outcome<State, Event> | 'stale'> => {
  const { events, folds } = deps
  const { aggregate, stream, command, decide } = asked
  const cached = from === 'cached' ? folds.cached<State>(stream) : undefined
  const fold = cached ?? (await folds.fresh(aggregate, stream))
  const known = fold.commands.get(command.id)
  if (known !== undefined) {
    if (!isSameBody(known, command)) return reject({ code: 'idempotency-mismatch' })
    return firstResult(events, aggregate, { stream, command, fold }, known)
  }
  const decision = decide(fold.state)
  if (!('rejected' in decision) && decision.accepted.length > 0) {
    const arrived = folds.moving(stream)
    return append(deps, asked, fold, decision.accepted).finally(arrived)
  }
  // Where nothing is appended, no expected revision shows that another process has written since.
  if (cached !== undefined && !events.exclusive) return 'stale'
  if ('rejected' in decision) return decision
  const at = lastKnown(fold.commands)?.at ?? command.at
  return { recorded: [], position: fold.position, at, state: fold.state, repeated: false }
}

const append = async <State, Event extends Fact>(
  deps: AttemptDependencies,
  asked: Asked<State, Event>,
  fold: Fold<State>,
  accepted: readonly Event[],
): Promise<Outcome<State, Event> | 'stale'> => {
  const { aggregate, stream, command } = asked
  const news = accepted.map((event, index) => newEvent(aggregate.shapes, stream, command, event, index))
  // A fact that its own parser refuses would close the stream for ever: the bug must show before it is written.
  news.forEach((event) => aggregate.parse(event))
  const expected = fold.revision < 0 ? 'none' : fold.revision
  const appended = await deps.events.append(stream, news, expected)
  if (appended.status === 'wrongRevision') {
    // Nothing else has come: some of these ids stand further back, of a forgotten command that recorded otherwise.
    return appended.actual === expected ? reject({ code: 'idempotency-mismatch' }) : 'stale'
  }
  // Ours stood there already, written by an attempt whose answer was lost: what stands is the answer, so it is folded.
  if (appended.repeated && appended.revision > fold.revision) return 'stale'
  if (appended.revision <= fold.revision) {
    // A command forgotten here whose events stand further back: what was just decided did not happen.
    const first = { revision: appended.revision - news.length + 1, count: news.length }
    return firstResult(deps.events, aggregate, { stream, command, fold }, first)
  }
  return record(deps, asked, fold, { accepted, news, position: appended.position })
}

/** Folds our own events without reading them back, where nothing else can stand between. */
const record = async <State, Event extends Fact>(
  { folds }: AttemptDependencies,
  { aggregate, stream, command: { at } }: Asked<State, Event>,
  fold: Fold<State>,
  appended: { readonly accepted: readonly Event[]; readonly news: readonly NewEvent[]; readonly position: Position },
): Promise<Outcome<State, Event>> => {
  const { accepted, news, position } = appended
  const stored = news.map((event, index) => ({ ...event, stream, revision: fold.revision + 1 + index, position }))
  const { state } = await folds.grow(aggregate, stream, fold, stored)
  const recorded = accepted.map((event, index) => ({ ...event, position, id: news[index]?.id ?? '' }))
  return { recorded, position, at, state, repeated: false }
}
