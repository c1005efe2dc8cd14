/** The server that runs, by what it says of itself: to everybody, and more with the operator token. */
import { z } from 'zod'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import { version } from '../../compose/version.js'
import { actsAnswer, statusAnswer } from '../../contract/operators.js'
import type { StatusShown } from '../../contract/operators.js'
import { askDoor, askServer } from '../operators/askDoor.js'
import { findDoor, hasToken } from '../operators/door.js'
import { lineOfAct } from '../operators/lines.js'
import { good, note, wrong } from './finding.js'
import type { Finding, Look } from './finding.js'
import { lookAtPeers } from './peers.js'
import { remedyOf } from './remedies.js'

type Options = { readonly [name: string]: string | undefined }
type Readiness = Pick<StatusShown, 'ready' | 'reasons' | 'notes'>

/** Ends with a StartupProblem where it does not answer. */
export async function* lookAtServer(url: string, config: Config, options: Options): Look {
  if (hasToken(config, options)) yield* lookByDoor(url, config, options)
  else {
    yield* lookFromOutside(url)
    yield note('with OPERATOR_TOKEN or --token-file it tells how far its read models are, and the last act')
  }
}

async function* lookByDoor(url: string, config: Config, options: Options): Look {
  const door = await findDoor(config, options)
  const status = await askDoor(door, { method: 'GET', path: '/status' }, statusAnswer).catch(unlessItKnowsNobody)
  if (status === undefined) return yield* lookFromOutside(url)
  yield* ofReadiness(`mls-homeserver ${status.version} of ${status.domain}`, status)
  for (const { name, lagMs, parked } of status.projections) {
    const what = `read model ${name}: ${lagMs} ms behind, ${parked} parked`
    yield parked > 0 ? wrong(69, what, remedyOf(`${parked} events parked`)) : good(what)
  }
  if (status.version !== version)
    yield note(
      `the server is version ${status.version}, this homeserver is ${version}`,
      'use the one that belongs to it',
    )
  yield* lookAtPeers(door)
  const { acts } = await askDoor(door, { method: 'GET', path: '/acts?limit=1' }, actsAnswer)
  for (const act of acts) yield good(`last act: ${lineOfAct(act)}`)
}

/** Without its log it cannot tell whose token it is. */
const unlessItKnowsNobody = (error: unknown): undefined => {
  if (!(error instanceof StartupProblem) || error.exitCode !== 69) throw error
}

const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()), notes: z.array(z.string()) })

async function* lookFromOutside(url: string): Look {
  const { said } = await askServer(url, '/readyz', {})
  const read = readiness.safeParse(said)
  if (!read.success) throw new StartupProblem(69, `what answers at ${url} is no server of this version`)
  yield* ofReadiness(url, read.data)
}

function* ofReadiness(what: string, { ready, reasons, notes }: Readiness): Generator<Finding> {
  yield ready ? good(`ready: ${what}`) : wrong(69, `not ready: ${what}`)
  for (const reason of reasons) yield wrong(69, reason, remedyOf(reason))
  for (const said of notes) yield remedyOf(said) === undefined ? note(said) : wrong(78, said, remedyOf(said))
}
