/** Completion for fish: a line for each word and flag, with what it is for. */
import type { Completions, Flag, Takes } from './table.js'

export const fishCompletion = ({ next, commands, valued }: Completions): string =>
  [
    '# homeserver for fish: homeserver completion fish > ~/.config/fish/completions/homeserver.fish',
    'function __homeserver_typed',
    '  set -l skip 0',
    '  set -l typed',
    '  for token in (commandline -opc)[2..-1]',
    '    if test $skip -eq 1',
    '      set skip 0',
    '      continue',
    '    end',
    '    switch $token',
    `      case ${valued.map(({ word }) => word).join(' ')}`,
    '        set skip 1',
    "      case '-*'",
    "      case '*'",
    '        set -a typed $token',
    '    end',
    '  end',
    "  string join ' ' -- $typed",
    'end',
    'function __homeserver_at',
    '  test (__homeserver_typed | string collect --allow-empty) = "$argv[1]"',
    'end',
    'function __homeserver_in',
    '  string match -q -- "$argv[1] *" (__homeserver_typed | string collect --allow-empty)" "',
    'end',
    'complete -c homeserver -f',
    ...next.flatMap(({ after, words }) =>
      words.map(({ word, about }) => `${line('at', after)} -a ${word} -d ${quoted(about)}`),
    ),
    ...commands.flatMap(({ name, flags, words }) => [
      ...flags.map((flag) => `${line('in', name)} ${flagOf(flag)}`),
      ...words.slice(0, 1).flatMap((takes) => (takes === 'text' ? [] : [`${line('at', name)} ${given(takes)}`])),
    ]),
  ].join('\n')

const line = (how: 'at' | 'in', typed: string): string =>
  `complete -c homeserver -n ${quoted(`__homeserver_${how} '${typed}'`)}`

const flagOf = ({ word, about, takes }: Flag): string =>
  `-l ${word.slice(2)} -d ${quoted(about)}${takes === undefined ? '' : takes === 'text' ? ' -x' : ` -r ${given(takes)}`}`

const given = (takes: Exclude<Takes, 'text'>): string => {
  switch (takes) {
    case 'file':
      return '-F'
    case 'directory':
      return "-a '(__fish_complete_directories)'"
    default:
      return `-a ${quoted(takes.join(' '))}`
  }
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
