#!/usr/bin/env node
/** `homeserver <command>`: what operators and auditors do from a terminal. */
import { complain, complainOfBug, outliveReaders, say } from '../compose/process/standardStreams.js'
import { startupProblemOf } from '../compose/process/startupProblemOf.js'
import { terminalClock } from '../compose/terminal.js'
import { progressOn } from './progress.js'
import { runCommand } from './runCommand.js'

const note = (line: string): void => void process.stderr.write(`${line}\n`)

outliveReaders()
try {
  const progress = progressOn(process.stderr, () => terminalClock.now())
  process.exitCode = await runCommand(process.argv.slice(2), { env: process.env, say, note, complain, progress })
} catch (error) {
  const problem = startupProblemOf(error)
  if (problem === undefined) complainOfBug('the command ends', error)
  else complain(problem.message)
  process.exitCode = problem?.exitCode ?? 70
}
