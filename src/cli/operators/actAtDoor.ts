/** An act at the operators' door, as a command: asked with why, on record, and answered by where it stands. */
import { z } from 'zod'
import type { ExitCode } from '../../compose/process/startupProblem.js'
import { placed } from '../../contract/fields.js'
import type { Terminal } from '../command.js'
import { askDoor } from './askDoor.js'
import type { Question } from './askDoor.js'
import { findDoor } from './door.js'
import { whyIn } from './why.js'

type Asking = Pick<Terminal<string, string, 'json'>, 'config' | 'options' | 'switches' | 'out'>

/** `done` is said where JSON is not asked for. Throws StartupProblem. */
export const actAtDoor = async (
  { config, options, switches, out }: Asking,
  { method, path, body }: Question,
  done: string,
): Promise<ExitCode> => {
  const question = { method, path, body: { ...body, why: whyIn(options) } }
  const answer = await askDoor(await findDoor(config, options), question, z.object(placed))
  out(switches.has('json') ? JSON.stringify(answer) : done)
  return 0
}
