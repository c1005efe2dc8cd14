/** Limits and budgets: seen, set and reset while the server runs, in all its processes. */
import { z } from 'zod'
import { limitNameField, limitsAnswer, limitValueField } from '../../contract/limits.js'
import { operatorPath } from '../../contract/operators.js'
import { valuesSet } from '../../commands/policy/policy.js'
import type { PolicyState } from '../../commands/policy/policy.js'
import { amountsShown } from '../../limits/inForce.js'
import type { Amounts } from '../../limits/inForce.js'
import type { Rate } from '../../limits/limits.js'
import { unfit } from '../../limits/ranges.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { knownAct, recordedAct, whyBody } from './recordedAct.js'
import type { AskedAct } from './recordedAct.js'

export type PolicyDependencies = {
  readonly streams: Streams
  readonly policy: {
    /** As the settings have them. */
    readonly settings: Amounts
    /** As the log has it now; in force at this process from then on. */
    readonly refresh: () => Promise<PolicyState>
  }
}

const tag = 'Operators'
const path = `${operatorPath}/limits`
const params = z.strictObject({ name: limitNameField })

export const limitRoutes = (deps: PolicyDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'List the limits and budgets',
    description:
      'What each is now, whose word that is, what it would be without an operator’s, and what it may be changed to.',
    access: 'audit',
    success: { status: 200, body: limitsAnswer },
    problems: [],
    answer: async () => {
      const { settings, refresh } = deps.policy
      return { status: 200, body: { limits: amountsShown(settings, valuesSet(await refresh())) } }
    },
  }),
  operatorRoute({
    method: 'put',
    path: `${path}/{name}`,
    tag,
    summary: 'Set a limit or a budget',
    description:
      'From now on, at every process, and through restarts, whatever LIMITS says. What is there already stays, though it be more.',
    access: 'operate',
    params,
    body: whyBody.extend({ value: limitValueField }),
    example: { body: { value: 500, why: 'the disk is small' } },
    success: positionOnly,
    problems: ['limit-out-of-range', 'limit-fixed'],
    known: knownAct(deps.streams),
    answer: async (asked) => {
      const { name } = asked.params
      const { value } = asked.body
      return whyNot(name, value) ?? changed(deps, asked, { type: 'setLimit', name, value })
    },
  }),
  operatorRoute({
    method: 'delete',
    path: `${path}/{name}`,
    tag,
    summary: 'Reset a limit or a budget',
    description: 'To what the settings say, else to its default.',
    access: 'operate',
    params,
    body: whyBody,
    success: positionOnly,
    problems: [],
    known: knownAct(deps.streams),
    answer: (asked) => changed(deps, asked, { type: 'resetLimit', name: asked.params.name }),
  }),
]

/** On record, done, and in force here before it is answered. */
export const changed = async (
  { streams, policy }: PolicyDependencies,
  asked: AskedAct,
  what: Parameters<typeof recordedAct>[2],
): Promise<CommandReply> => {
  const reply = await recordedAct(streams, asked, what)
  if (!('rejected' in reply)) await policy.refresh()
  return reply
}

/** With which value the server would not work, or somebody could not use it: what is refused is no act. */
const whyNot = (limit: string, value: number | Rate): Rejected | undefined => {
  const why = unfit(limit, value)
  switch (why?.why) {
    case undefined:
      return undefined
    case 'fixed':
      return reject({ code: 'limit-fixed', limit })
    case 'outOfRange': {
      const { min, max, part } = why
      return reject({ code: 'limit-out-of-range', limit, min, max, ...(part === undefined ? {} : { part }) })
    }
    case 'otherKind':
    case 'noSuchName':
      return malformed('body.value: a limit is a whole number, a rate {burst, everyMs}')
  }
}
