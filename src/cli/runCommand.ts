/** What one call of `homeserver` does: finds the command that its words name, and answers, refuses or runs it. */
import { readArguments } from '../compose/settings/arguments.js'
import { misspelt } from '../compose/settings/misspelt.js'
import { readConfig } from '../compose/settings/config.js'
import type { ExitCode } from '../compose/process/startupProblem.js'
import { version } from '../compose/version.js'
import type { Command } from './command.js'
import { commands } from './commands.js'
import { noProgress } from './progress.js'
import type { Progress } from './progress.js'
import { usage, usageOf, usageOfGroup } from './usage.js'

export type Terminal = {
  readonly env: NodeJS.ProcessEnv
  /** A line to stdout. */
  readonly say: (line: string) => void
  /** A line to stderr. */
  readonly note: (line: string) => void
  /** A line to stderr that names the program. */
  readonly complain: (line: string) => void
  readonly progress: Progress
}

/** Throws what the command throws. */
export const runCommand = async (args: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  const { say, note, complain } = terminal
  const name = [3, 2, 1]
    .map((words) => args.slice(0, words).join(' '))
    .find((candidate) => Object.hasOwn(commands, candidate))
  const command = name === undefined ? undefined : commands[name]
  if (name !== undefined && command !== undefined)
    return perform(name, command, args.slice(name.split(' ').length), terminal)
  const given = readArguments(args)
  if (given.words.length === 0 && given.switches.has('help')) return answer(say, usage(commands))
  if (given.words.length === 0 && given.switches.has('version')) return answer(say, `mls-homeserver ${version}`)
  const [word, next] = args
  const group = usageOfGroup(commands, word)
  if (word === undefined || word.startsWith('-')) note(usage(commands))
  else if (group === undefined) complain(`there is no command ${JSON.stringify(word)}${meant(word)}: homeserver --help`)
  else if (next === '--help') return answer(say, group)
  else note(group)
  return 64
}

/** One that is nearly so. */
const meant = (word: string): string => {
  const firsts = [...new Set(Object.keys(commands).flatMap((name) => name.split(' ')[0] ?? []))]
  const near = misspelt(word, firsts)
  return near === undefined ? '' : ` (is ${near} meant?)`
}

const perform = async (
  name: string,
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> => {
  const { env, say, complain } = terminal
  const given = readArguments(args, {
    switches: Object.keys(command.switches),
    options: Object.keys(command.options ?? {}),
  })
  if (given.switches.has('help')) return answer(say, usageOf(name, command))
  if (given.switches.has('version')) return answer(say, `mls-homeserver ${version}`)
  const misused = misuseOf(command, given.words)
  if (misused !== undefined) {
    complain(`${misused}: homeserver ${name} --help`)
    return 64
  }
  const read = readConfig(given, env)
  if ('problems' in read) {
    read.problems.forEach(complain)
    return 78
  }
  for (const warning of read.warnings) complain(warning)
  const named = [...Object.keys(command.words), ...Object.keys(command.optional)]
  const words = Object.fromEntries(given.words.map((word, at) => [named[at] ?? '', word]))
  const { switches, options } = given
  const told = telling(terminal, switches.has('json') ? noProgress : terminal.progress)
  try {
    return await command.run({ config: read.config, words, switches, options, ...told })
  } finally {
    told.progress.end()
  }
}

/** What is said takes the place of how far it was. */
const telling = ({ say, note }: Terminal, progress: Progress) => {
  const after =
    (tell: (line: string) => void) =>
    (line: string): void => {
      progress.end()
      tell(line)
    }
  return { out: after(say), note: after(note), progress }
}

const answer = (say: Terminal['say'], text: string): ExitCode => {
  say(text)
  return 0
}

const misuseOf = ({ words, optional }: Command, given: readonly string[]): string | undefined => {
  const missing = Object.keys(words).find((_, at) => given[at] === undefined)
  if (missing !== undefined) return `${missing} is missing`
  const stranger = given[Object.keys(words).length + Object.keys(optional).length]
  return stranger === undefined ? undefined : `${JSON.stringify(stranger)} is a word too many`
}
