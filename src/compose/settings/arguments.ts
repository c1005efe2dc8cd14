/** The words of a command line by the table of settings; a mistake in one does not hide those in others. */
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { misspelt } from './misspelt.js'
import { flagOf, settingNames } from './settings.js'
import type { SettingName } from './settings.js'

export type RawSettings = { readonly [Name in SettingName]?: string }

export type Arguments = {
  readonly settings: RawSettings
  /** The file named by `--config`. */
  readonly file: string | undefined
  /** Flags without a value that were given: help, version, those of a command. */
  readonly switches: ReadonlySet<string>
  /** Flags with a value that a command has of its own, by their names. */
  readonly options: { readonly [name: string]: string }
  /** What is no flag. */
  readonly words: readonly string[]
  readonly problems: readonly string[]
}

const named = new Map(settingNames.map((name) => [flagOf(name), name]))
const options: NonNullable<ParseArgsConfig['options']> = {
  ...Object.fromEntries([...named.keys(), 'config'].map((flag) => [flag, { type: 'string' as const }])),
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
}

/** What flags a command has of its own: without a value, and with one. */
type OwnFlags = { readonly switches: readonly string[]; readonly options: readonly string[] }

export const readArguments = (
  args: readonly string[],
  { switches, options: ownOptions }: OwnFlags = { switches: [], options: [] },
): Arguments => {
  const own: typeof options = {
    ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }])),
    ...Object.fromEntries(ownOptions.map((name) => [name, { type: 'string' as const }])),
  }
  const known = { ...options, ...own }
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true })
  const read = { settings: {} as Partial<Record<SettingName, string>>, file: undefined as string | undefined }
  const given = new Set<string>()
  const ownValues: Record<string, string> = {}
  const words: string[] = []
  const problems: string[] = []
  let valueOfUnknown = -1
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (token.index !== valueOfUnknown) words.push(token.value)
      continue
    }
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const setting = named.get(name)
    if (known[name] === undefined) {
      problems.push(`${rawName} is not a setting${meant(name)}: --help lists them`)
      if (value === undefined) valueOfUnknown = token.index + 1
    } else if (known[name].type === 'boolean') {
      if (value === undefined) given.add(name)
      else problems.push(`${rawName} takes no value`)
    } else if (value === undefined || (!inlineValue && value.startsWith('--')))
      problems.push(`${rawName} needs a value`)
    else if (ownOptions.includes(name)) ownValues[name] = value
    else if (setting === undefined) read.file = value
    else read.settings[setting] = value
  }
  return { ...read, switches: given, options: ownValues, words, problems }
}

const meant = (flag: string): string => {
  const near = misspelt(flag, settingNames)
  return near === undefined ? '' : ` (is --${flagOf(near)} meant?)`
}
