#!/usr/bin/env node
/** `homeserver <command>`: what operators and auditors do from a terminal. */
import { readConfig } from '../compose/config.js'
import { StartupProblem } from '../compose/startupProblem.js'
import type { ExitCode } from '../compose/startupProblem.js'
import { importBlobsCommand } from './blobs.js'
import type { Command } from './command.js'
import { doctor } from './doctor.js'
import { exportCommand, importCommand } from './eventFiles.js'
import { initialiseKeys } from './keys.js'
import { operatorTokenCommand } from './operatorToken.js'

const commands: { readonly [name: string]: Command } = {
  doctor,
  'keys init': initialiseKeys,
  'operator-token': operatorTokenCommand,
  'events export': exportCommand,
  'events import': importCommand,
  'blobs import': importBlobsCommand,
}

const usage = (): string =>
  [
    'usage: homeserver <command> [settings]',
    '',
    ...Object.values(commands).map((command) => `  ${command.usage.padEnd(34)} ${command.summary}`),
    '',
    'Settings are those of the server, as flags or in the environment: --data-dir, --eventstore-url, …',
    'The server itself: npm start',
  ].join('\n')

const main = async (args: readonly string[]): Promise<ExitCode> => {
  const name = [args.slice(0, 2).join(' '), args[0] ?? ''].find((candidate) => Object.hasOwn(commands, candidate))
  const command = name === undefined ? undefined : commands[name]
  if (name === undefined || command === undefined) {
    process.stderr.write(`${usage()}\n`)
    return 64
  }
  const rest = args.slice(name.split(' ').length)
  const words = rest.filter((word, at) => !isSetting(word) && !isValue(rest, at))
  const read = readConfig(
    rest.filter((word) => !words.includes(word)),
    process.env,
  )
  if ('problems' in read) {
    for (const problem of read.problems) process.stderr.write(`homeserver: ${problem}\n`)
    return 78
  }
  return command.run({
    config: read.config,
    words,
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  })
}

/** `--new` is a word of a command; every other flag is a setting, with its value behind it or after `=`. */
const isSetting = (word: string): boolean => word.startsWith('--') && word !== '--new'
const isValue = (words: readonly string[], at: number): boolean => {
  const before = words[at - 1]
  return before !== undefined && isSetting(before) && !before.includes('=')
}

const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error instanceof StartupProblem ? error.message : (error.stack ?? error.message)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`homeserver: ${describe(error)}\n`)
  process.exitCode = error instanceof StartupProblem ? error.exitCode : 70
}
