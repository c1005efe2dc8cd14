/** What `npm run demo` puts on: a stage, what is played on it, and what is wrong afterwards that the transcript does not know. */
import type { Stage } from './stage.js'

export type Show = {
  readonly stage: Stage
  readonly perform: () => Promise<void>
  /** Ends the servers that are the demo's own. */
  readonly stop: () => Promise<void>
  /** Told when the play is over; what is wrong, one line each. */
  readonly review?: () => readonly string[]
}
