/** Completion for zsh, with what each word is for. */
import type { Completions, Flag, Offered, Takes } from './table.js'

export const zshCompletion = ({ next, commands, valued }: Completions): string => `#compdef homeserver
# homeserver for zsh: homeserver completion zsh > "\${fpath[1]}/_homeserver"
_homeserver() {
  local typed='' i
  local -a offered
  case "\${words[CURRENT-1]}" in
${valued.map(({ word, takes }) => `    ${word}) ${given(takes ?? 'text')}return ;;`).join('\n')}
  esac
  for ((i = 2; i < CURRENT; i++)); do
    case "\${words[i]}" in
      ${valued.map(({ word }) => word).join('|')}) ((i++)) ;;
      -*) ;;
      *) typed+="\${typed:+ }\${words[i]}" ;;
    esac
  done
  if [[ "\${words[CURRENT]}" == -* ]]; then
    case "$typed " in
${commands.map(({ name, flags }) => `      '${name} '*) ${offer(flags)} ;;`).join('\n')}
      *) ${offer(generalFlags)} ;;
    esac
    return
  fi
  case "$typed" in
${next.map(({ after, words }) => `    '${after}') ${offer(words)} ;;`).join('\n')}
${commands.flatMap(({ name, words }) => words.flatMap((takes, at) => wordCase(name, at, takes)).toReversed()).join('\n')}
  esac
}
if [[ "\${funcstack[1]}" == _homeserver ]]; then _homeserver "$@"; else compdef _homeserver homeserver; fi`

const generalFlags: readonly Flag[] = [
  { word: '--help', about: 'say so, and end', takes: undefined },
  { word: '--version', about: 'say so, and end', takes: undefined },
]

const wordCase = (name: string, at: number, takes: Takes): readonly string[] =>
  takes === 'text'
    ? []
    : [`    ${at === 0 ? `'${name}'` : `'${name} '${Array<string>(at).fill('*').join("' '")}`}) ${given(takes)};;`]

const given = (takes: Takes): string => {
  switch (takes) {
    case 'text':
      return ''
    case 'file':
      return '_files; '
    case 'directory':
      return '_files -/; '
    default:
      return `compadd -- ${takes.join(' ')}; `
  }
}

const offer = (words: readonly Offered[]): string =>
  `offered=(${words.map(({ word, about }) => quoted(`${word}:${about}`)).join(' ')}); _describe homeserver offered`

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
