/** The shape of a command of `homeserver`: how it is typed, what it is for, and what it does. */
import type { Config } from '../compose/settings/config.js'
import type { SettingName } from '../compose/settings/settings.js'
import type { ExitCode } from '../compose/process/startupProblem.js'
import type { Progress } from './progress.js'

/** What a command gets: the settings, its own words and flags, and where to write. */
export type Terminal<Word extends string, Optional extends string, Switch extends string> = {
  readonly config: Config
  readonly words: { readonly [Name in Word]: string } & { readonly [Name in Optional]?: string }
  readonly switches: ReadonlySet<Switch>
  /** The flags with a value that were given. */
  readonly options: { readonly [name: string]: string | undefined }
  readonly out: (line: string) => void
  readonly note: (line: string) => void
  /** How far it is, for whoever watches; nothing where JSON is asked for. */
  readonly progress: Progress
}

/** Words and switches by their names, each with its line of help. */
export type Command<Word extends string = string, Optional extends string = string, Switch extends string = string> = {
  readonly summary: string
  /** As somebody would type it, after `homeserver`. */
  readonly example: string
  /** What must follow the command, in this order. */
  readonly words: { readonly [Name in Word]: string }
  /** What may follow those. */
  readonly optional: { readonly [Name in Optional]: string }
  /** Flags of its own, without a value. */
  readonly switches: { readonly [Name in Switch]: string }
  /** Flags of its own, with a value: what stands for that in the help, and its line there. */
  readonly options?: { readonly [name: string]: readonly [value: string, help: string] }
  /** What the words may be where that is one of a few, for completion. */
  readonly choices?: { readonly [name: string]: readonly string[] }
  /** The settings that it reads; it takes all others too. */
  readonly settings: readonly SettingName[]
  readonly run: (terminal: Terminal<Word, Optional, Switch>) => Promise<ExitCode>
}

/** Keeps words and switches typed where a command is written; whoever runs it has checked them by its table. */
export const command = <Word extends string, Optional extends string, Switch extends string>(
  written: Command<Word, Optional, Switch>,
): Command => written as unknown as Command
