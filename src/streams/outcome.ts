/** What became of a command. */
import type { Position } from '../ports/position.js'
import type { Fact } from './decider.js'
import type { Rejected } from './rejection.js'

/** An event as it was recorded. */
export type Recorded<Event extends Fact> = Event & { readonly position: Position; readonly id: string }

export type Outcome<State, Event extends Fact> =
  | Rejected
  | {
      readonly recorded: readonly Recorded<Event>[]
      /** Up to where a reader must see to see this command's effect. */
      readonly position: Position
      /** When it was recorded, ms since 1970: of what stands at `position`, so that a repeat is told the same. */
      readonly at: number
      readonly state: State
      /** The command had been accepted before: these are its first events. */
      readonly repeated: boolean
    }
