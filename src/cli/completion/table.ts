/** What may be typed after what: the tables of commands and settings, as completion needs them. */
import { flagOf, settingNames, settings } from '../../compose/settings/settings.js'
import type { Setting } from '../../compose/settings/settings.js'
import type { Command } from '../command.js'

/** What follows: nothing known, a file, a directory, or one of a few words. */
export type Takes = 'text' | 'file' | 'directory' | readonly string[]
export type Offered = { readonly word: string; readonly about: string }
/** `takes`: undefined for a flag without a value. */
export type Flag = Offered & { readonly takes: Takes | undefined }

export type Completions = {
  /** Which words may follow others: '' at the beginning, 'keys' after that word. */
  readonly next: readonly { readonly after: string; readonly words: readonly Offered[] }[]
  /** Longer names first, for one may begin with another. `words`: what its own may be, in order. */
  readonly commands: readonly {
    readonly name: string
    readonly flags: readonly Flag[]
    readonly words: readonly Takes[]
  }[]
  /** Every flag with a value there is: what follows one is no word of a command. */
  readonly valued: readonly Flag[]
}

export type Commands = { readonly [name: string]: Command }

export const completionsOf = (commands: Commands): Completions => {
  const all = Object.entries(commands).map(([name, command]) => ({
    name,
    flags: flagsOf(command),
    words: wordsOf(command),
  }))
  const flags = [...all.flatMap((one) => one.flags), ...settingNames.map(flagOfSetting)]
  return {
    next: nextWords(commands),
    commands: all.toSorted((a, b) => b.name.length - a.name.length),
    valued: unique(flags.filter(({ takes }) => takes !== undefined)),
  }
}

const nextWords = (commands: Commands): Completions['next'] => {
  const found = new Map<string, Map<string, string>>()
  for (const [name, { summary }] of Object.entries(commands)) {
    const words = name.split(' ')
    for (const [at, word] of words.entries()) {
      const after = words.slice(0, at).join(' ')
      const offered = found.get(after) ?? new Map<string, string>()
      found.set(after, offered)
      const isWhole = at === words.length - 1
      if (isWhole || !offered.has(word)) offered.set(word, isWhole ? summary : `${word} …`)
    }
  }
  return [...found].map(([after, words]) => ({ after, words: [...words].map(([word, about]) => ({ word, about })) }))
}

const flagsOf = ({ switches, options = {}, settings: read }: Command): readonly Flag[] => [
  ...Object.entries(switches).map(([name, about]) => ({ word: `--${name}`, about, takes: undefined })),
  ...Object.entries(options).map(([name, [value, about]]) => ({ word: `--${name}`, about, takes: takenBy(value) })),
  ...read.map(flagOfSetting),
  { word: '--config', about: 'a JSON file of settings', takes: 'file' },
  { word: '--help', about: 'say so, and end', takes: undefined },
]

const flagOfSetting = (name: (typeof settingNames)[number]): Flag => {
  const { value, help }: Setting = settings[name]
  return { word: `--${flagOf(name)}`, about: help, takes: takenBy(value) }
}

const wordsOf = ({ words, optional, choices = {} }: Command): readonly Takes[] =>
  [...Object.keys(words), ...Object.keys(optional)].map((name) => choices[name] ?? takenBy(name))

/** By what stands for the value in the help. */
const takenBy = (value: string): Takes => {
  if (/^[a-z-]+(\|[a-z-]+)+$/.test(value)) return value.split('|')
  if (value === 'FILE' || value === 'file') return 'file'
  return value === 'DIRECTORY' || value === 'KEYS' ? 'directory' : 'text'
}

const unique = (flags: readonly Flag[]): readonly Flag[] => [...new Map(flags.map((one) => [one.word, one])).values()]
