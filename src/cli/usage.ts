/** What `homeserver --help` and `homeserver <command> --help` say. */
import { exitCodesLine, helpOf, otherFlags, row, whereSettingsStand } from '../compose/settings/helpText.js'
import type { Command } from './command.js'

export const usage = (commands: { readonly [name: string]: Command }): string =>
  [
    'usage: homeserver <command> [settings]',
    '',
    ...Object.entries(commands).map(([name, command]) => row(typed(name, command), command.summary)),
    '',
    'homeserver <command> --help tells more. Settings are those of the server.',
    'The server itself: npm start',
  ].join('\n')

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

/** As it is typed, with its words. */
const typed = (name: string, { words, optional, switches }: Command): string =>
  [
    name,
    ...Object.keys(words),
    ...Object.keys(optional).map((word) => `[${word}]`),
    ...Object.keys(switches).map((flag) => `--${flag}`),
  ].join(' ')
