/** What `homeserver --help` and `homeserver <command> --help` say. */
import { exitCodesLine, helpOf, otherFlags, row, whereSettingsStand } from '../compose/settings/helpText.js'
import type { Command } from './command.js'

export const usage = (commands: { readonly [name: string]: Command }): string =>
  [
    'usage: homeserver <command> [settings]',
    '',
    ...rowsOf(Object.entries(commands)),
    '',
    'homeserver <command> --help tells more; --json prints JSON. Settings are those of the server.',
    'The server itself: npm start',
  ].join('\n')

/** Of those that begin with a word, undefined where none does. */
export const usageOfGroup = (
  commands: { readonly [name: string]: Command },
  word: string | undefined,
): string | undefined => {
  const found = Object.entries(commands).filter(([name]) => name.split(' ')[0] === word)
  if (word === undefined || found.length === 0) return undefined
  const more = `homeserver ${word} <command> --help tells more.`
  return [`usage: homeserver ${word} <command> [settings]`, '', ...rowsOf(found), '', more].join('\n')
}

const rowsOf = (commands: readonly (readonly [string, Command])[]): readonly string[] =>
  commands.map(([name, { words, optional, summary }]) => row(withWords(name, { words, optional }), summary))

export const usageOf = (name: string, command: Command): string =>
  [
    `usage: homeserver ${typed(name, command)} [settings]`,
    '',
    `${command.summary[0]?.toUpperCase() ?? ''}${command.summary.slice(1)}.`,
    `Example: homeserver ${command.example}`,
    '',
    ...Object.entries({ ...command.words, ...command.optional }).map(([word, help]) => row(word, help)),
    ...Object.entries(command.switches).map(([flag, help]) => row(`--${flag}`, help)),
    ...Object.entries(command.options ?? {}).map(([flag, [value, help]]) => row(`--${flag} ${value}`, help)),
    ...helpOf(command.settings),
    ...otherFlags,
    '',
    whereSettingsStand,
    exitCodesLine,
  ].join('\n')

/** As it is typed, with its words and switches. */
const typed = (name: string, command: Command): string =>
  [withWords(name, command), ...Object.keys(command.switches).map((flag) => `[--${flag}]`)].join(' ')

const withWords = (name: string, { words, optional }: Pick<Command, 'words' | 'optional'>): string =>
  [name, ...Object.keys(words), ...Object.keys(optional).map((word) => `[${word}]`)].join(' ')
