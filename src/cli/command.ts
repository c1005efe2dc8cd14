/** The shape of a command of `homeserver`. */
import type { Config } from '../compose/config.js'
import type { ExitCode } from '../compose/startupProblem.js'

/** What a command gets: the settings, its own words, and where to write. */
export type Terminal = {
  readonly config: Config
  /** Words after the command's name that are no settings. */
  readonly words: readonly string[]
  readonly out: (line: string) => void
  readonly note: (line: string) => void
}
export type Command = {
  /** As it is typed. */
  readonly usage: string
  readonly summary: string
  readonly run: (terminal: Terminal) => Promise<ExitCode>
}
