/** A folded stream: its state, its last revision, and the command ids of the last day with their first results. */
import type { StoredEvent } from '../ports/eventStore.js'
import { origin } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import type { Aggregate, Fact, Place } from './decider.js'
import { rememberCommand } from './knownCommands.js'
import type { KnownCommands } from './knownCommands.js'

export type Fold<State> = {
  readonly state: State
  /** Of the last event; −1 for an empty stream. */
  readonly revision: number
  readonly position: Position
  /** Owned by the newest fold and grown in place. */
  readonly commands: KnownCommands
}

export const emptyFold = <State, Event extends Fact>({ initial }: Aggregate<State, Event>): Fold<State> => ({
  state: initial,
  revision: -1,
  position: origin,
  commands: new Map(),
})

/** The fold with the events that follow it. Throws UnreadableEvent. */
export const foldOn = <State, Event extends Fact>(
  aggregate: Aggregate<State, Event>,
  fold: Fold<State>,
  stored: readonly StoredEvent[],
  rememberMs: number,
): Fold<State> => {
  let { state, revision, position } = fold
  for (const event of stored) {
    const parsed = aggregate.parse(event)
    const place: Place = { revision: event.revision, at: event.meta.at }
    if (parsed.type !== 'Erased') state = aggregate.evolve(state, parsed as Event, place)
    rememberCommand(fold.commands, event, rememberMs)
    revision = event.revision
    position = event.position
  }
  return { state, revision, position, commands: fold.commands }
}
