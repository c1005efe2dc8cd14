/** The server's keys, for operators: which there are and which are used, and that another one is from now on. */
import { z } from 'zod'
import { actBy } from '../../commands/chains/operatorAct.js'
import { recordAct } from '../../commands/operators/operators.js'
import { rotationOf } from '../../commands/server/rotation.js'
import { keysAnswer, rotateBody, rotatedAnswer } from '../../contract/keys.js'
import type { KeysShown } from '../../contract/keys.js'
import { placed } from '../../contract/fields.js'
import { operatorPath } from '../../contract/operators.js'
import type { Limits } from '../../limits/limits.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { recordedIn } from '../http/place.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { byOf, knownAct, whyBody } from './recordedAct.js'

export type KeysDependencies = {
  readonly streams: Streams
  readonly keyring: {
    /** As of now, ms. */
    readonly shown: (now: number) => KeysShown
    /** Looks at bundle and log again, which is done every few seconds without it. */
    readonly refresh: () => Promise<void>
    /** How long before its use a key is named, ms: so long others may take to hear of it. */
    readonly noticeMs: number
  }
  readonly limits: Pick<Limits, 'bearerTokenMs'>
}

const tag = 'Operators'
const path = `${operatorPath}/keys`
const request = whyBody.extend(rotateBody)
type Body = z.infer<typeof request>

export const keyRoutes = (deps: KeysDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'List the keys of the server',
    description:
      'By their fingerprints, as this process has them: which are used, which still count, which it lacks. Nothing that is secret.',
    access: 'admin',
    success: { status: 200, body: keysAnswer },
    problems: [],
    answer: async ({ command }) => {
      await deps.keyring.refresh()
      return { status: 200, body: deps.keyring.shown(command.at) }
    },
  }),
  operatorRoute({
    method: 'post',
    path: `${path}/rotations`,
    tag,
    summary: 'Use another key',
    description:
      'One that was prepared: the bundle has it, and nothing was made by it. It is used a minute later where several processes share a log, at once otherwise; a process whose bundle lacks it is not ready until it has it.',
    access: 'admin',
    body: request,
    success: { status: 200, body: z.object({ ...placed, ...rotatedAnswer }) },
    problems: ['key-not-prepared'],
    known: knownAct(deps.streams),
    answer: async (asked) => {
      const { principal, body, command } = asked
      await deps.keyring.refresh()
      if (!(await knownAct(deps.streams)(asked)) && !isPrepared(deps.keyring.shown(command.at), body))
        return reject({ code: 'key-not-prepared', detail: notPrepared(body) })
      const { noticeMs } = deps.keyring
      const times = { at: command.at, noticeMs, bearerTokenMs: deps.limits.bearerTokenMs }
      const what = { type: 'rotateKey', ...rotationOf(body, times) } as const
      const done = await actBy(deps.streams, command, recordAct({ by: byOf(principal), what, why: body.why }))
      if ('rejected' in done) return done
      await deps.keyring.refresh()
      const { from, until } = done.what.type === 'rotateKey' ? done.what : what
      return { status: 200, body: { from, ...(until === undefined ? {} : { until }) }, ...recordedIn(done) }
    },
  }),
]

const isPrepared = ({ keys, bundle }: KeysShown, body: Body): boolean =>
  bundle === body.bundle &&
  keys.some(({ kind, key, state }) => kind === body.kind && key === body.key && state === 'prepared')

const notPrepared = ({ kind, key, bundle }: Body): string =>
  `this process has no ${kind} key ${key} in a bundle ${bundle} that was never used`
