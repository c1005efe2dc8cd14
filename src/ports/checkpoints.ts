/** The port of the reactions' checkpoints: up to where in the log a reaction has done its work. */
import type { Position } from './position.js'
import type { Standing } from './standing.js'

export type Checkpoints = {
  /** Where `name` stands for this log (origin when new, or when the log's id is another). */
  load(name: string, logId: string): Promise<Position>
  /** Moves it forward; never back. */
  save(name: string, logId: string, position: Position): Promise<void>
  /** Where all of them stand. */
  standings(): Promise<readonly Standing[]>
  close(): Promise<void>
}
