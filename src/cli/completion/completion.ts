/** `homeserver completion`: what completes the commands of `homeserver` in a shell, made of the same tables as the help. */
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { command } from '../command.js'
import { bashCompletion } from './bash.js'
import { fishCompletion } from './fish.js'
import { completionsOf } from './table.js'
import type { Commands, Completions } from './table.js'
import { zshCompletion } from './zsh.js'

const shells: { readonly [name: string]: (completions: Completions) => string } = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}
const known = Object.keys(shells)

/** `commands`: asked for when it runs, for it is one of them. */
export const completionCommand = (commands: () => Commands) =>
  command({
    summary: 'print what completes commands and flags in a shell: source it, or put it where the shell looks',
    example: 'completion bash >> ~/.bashrc',
    words: { SHELL: `one of ${known.join(', ')}` },
    optional: {},
    switches: {},
    choices: { SHELL: known },
    settings: [],
    run: ({ words: { SHELL }, out }) => {
      const write = Object.hasOwn(shells, SHELL) ? shells[SHELL] : undefined
      if (write === undefined) throw new StartupProblem(64, `SHELL is one of ${known.join(', ')}`)
      out(write(completionsOf(commands())))
      return Promise.resolve(0)
    },
  })
