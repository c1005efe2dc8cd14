/** What `doctor` hears of a server that runs: what it tells everybody, and to operators what its door knows. */
import { z } from 'zod'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { ExitCode } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import { actsAnswer, statusAnswer } from '../../contract/operators.js'
import { askDoor, askServer } from './askDoor.js'
import { findDoor, hasToken } from './door.js'
import { lineOfAct, linesOfReadiness, linesOfStatus } from './lines.js'

type Options = { readonly [name: string]: string | undefined }

/** Writes a line each; 69 where it is not ready. Throws StartupProblem where it does not answer. */
export const examineServer = async (
  url: string,
  config: Config,
  options: Options,
  out: (line: string) => void,
): Promise<ExitCode> => {
  const ready = hasToken(config, options)
    ? await examineByDoor(config, options, out)
    : await examineFromOutside(url, out)
  return ready ? 0 : 69
}

const examineByDoor = async (config: Config, options: Options, out: (line: string) => void): Promise<boolean> => {
  const door = await findDoor(config, options)
  const status = await askDoor(door, { method: 'GET', path: '/status' }, statusAnswer)
  const { acts } = await askDoor(door, { method: 'GET', path: '/acts?limit=1' }, actsAnswer)
  for (const line of [...linesOfStatus(status), ...acts.map((act) => `good  last act: ${lineOfAct(act)}`)]) out(line)
  return status.ready
}

const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()), notes: z.array(z.string()) })

const examineFromOutside = async (url: string, out: (line: string) => void): Promise<boolean> => {
  const { said } = await askServer(url, '/readyz', {})
  const read = readiness.safeParse(said)
  if (!read.success) throw new StartupProblem(69, `what answers at ${url} is no server of this version`)
  for (const line of linesOfReadiness(url, read.data)) out(line)
  out('note  with OPERATOR_TOKEN or --token-file it tells how far its read models are, and the last act')
  return read.data.ready
}
