/** Completion for bash, as a script to be sourced. */
import type { Completions, Flag, Takes } from './table.js'

export const bashCompletion = ({
  next,
  commands,
  valued,
}: Completions): string => `# homeserver for bash: source <(homeserver completion bash)
_homeserver() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" typed='' i
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${valued.map(afterFlag).join('\n')}
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${valued.map(({ word }) => word).join('|')}) ((i++)) ;;
      -*) ;;
      *) typed+="\${typed:+ }\${COMP_WORDS[i]}" ;;
    esac
  done
  if [[ $cur == -* ]]; then
    case "$typed " in
${commands.map(({ name, flags }) => `      '${name} '*) ${offer(flags.map(({ word }) => word))} ;;`).join('\n')}
      *) ${offer(['--help', '--version'])} ;;
    esac
    return
  fi
  case "$typed" in
${next.map(({ after, words }) => `    '${after}') ${offer(words.map(({ word }) => word))} ;;`).join('\n')}
${commands.flatMap(({ name, words }) => words.flatMap((takes, at) => wordCase(name, at, takes)).toReversed()).join('\n')}
  esac
}
complete -F _homeserver homeserver`

const afterFlag = ({ word, takes = 'text' }: Flag): string => `    ${word}) ${given(takes)}return ;;`

/** The word after `at` others of the command; those with more before it come first. */
const wordCase = (name: string, at: number, takes: Takes): readonly string[] =>
  takes === 'text'
    ? []
    : [`    ${at === 0 ? `'${name}'` : `'${name} '${Array(at).fill('*').join("' '")}`}) ${given(takes)};;`]

const given = (takes: Takes): string => {
  switch (takes) {
    case 'text':
      return ''
    case 'file':
      return `${names('f')}; `
    case 'directory':
      return `${names('d')}; `
    default:
      return `${offer(takes)}; `
  }
}

/** As they are on the disk, with their blanks. */
const names = (kind: 'f' | 'd'): string =>
  `compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -${kind} -- "$cur")`

const offer = (words: readonly string[]): string =>
  `mapfile -t COMPREPLY < <(compgen -W '${words.join(' ')}' -- "$cur")`
