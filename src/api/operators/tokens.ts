/** Operator tokens: made, listed and ended while the server runs, for all its processes at once. */
import { z } from 'zod'
import { operatorsAggregate } from '../../commands/operators/operators.js'
import type { Operators } from '../../commands/operators/operators.js'
import { issueToken, revokeToken } from '../../commands/operators/tokens.js'
import {
  expiresField,
  operatorPath,
  roleField,
  tokenAnswer,
  tokenNameField,
  tokensAnswer,
} from '../../contract/operators.js'
import { fingerprintOf, operatorsStream } from '../../events/operators.js'
import type { OperatorsEvent } from '../../events/operators.js'
import type { Limits } from '../../limits/limits.js'
import type { Random } from '../../ports/random.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import { recordedIn } from '../http/place.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import { hashOfToken, newOperatorToken } from '../tokens/operatorToken.js'
import type { OperatorPrincipal } from '../tokens/operatorToken.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { byOf, knownAct, whyBody } from './recordedAct.js'

export type TokenDependencies = { readonly streams: Streams; readonly random: Random; readonly limits: Limits }

const tag = 'Operators'
const path = `${operatorPath}/tokens`
const request = whyBody.extend({ name: tokenNameField, role: roleField, expires: expiresField.optional() })

export const tokenRoutes = (deps: TokenDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'post',
    path,
    tag,
    summary: 'Make an operator token',
    description:
      'For a person or a program, in a role that is not above your own. The server keeps its hash alone. To change one, make another and revoke the one before.',
    access: 'admin',
    body: request,
    success: { status: 201, body: tokenAnswer },
    problems: ['already-exists', 'limit-reached', 'not-allowed'],
    known: knownAct(deps.streams),
    answer: ({ principal, body, command }) => issue(deps, principal, body, command),
  }),
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'List the operator tokens',
    description: 'Those that were not revoked, by all that is kept of them: their names, roles and fingerprints.',
    access: 'audit',
    success: { status: 200, body: tokensAnswer },
    problems: [],
    answer: async () => {
      const { state } = await deps.streams.read(operatorsAggregate, operatorsStream)
      return { status: 200, body: { tokens: state.tokens.map(shown) } }
    },
  }),
  operatorRoute({
    method: 'delete',
    path: `${path}/{name}`,
    tag,
    summary: 'Revoke an operator token',
    description: 'At once, in every process, and for ever. The last admin token that holds stays.',
    access: 'admin',
    params: z.strictObject({ name: tokenNameField }),
    body: whyBody,
    success: positionOnly,
    problems: ['no-such-token', 'last-admin'],
    known: knownAct(deps.streams),
    answer: async ({ principal, params: { name }, body: { why }, command }) => {
      const decide = revokeToken({ by: byOf(principal), why, at: command.at, name })
      return positionReply(await deps.streams.execute(operatorsAggregate, operatorsStream, command, decide))
    },
  }),
]

const issue = async (
  { streams, random, limits: { operatorTokensMax } }: TokenDependencies,
  principal: OperatorPrincipal,
  { name, role, expires, why }: z.infer<typeof request>,
  command: CommandContext,
): Promise<CommandReply> => {
  const token = newOperatorToken(random)
  const asked = { tokenHash: hashOfToken(token), name, role, expires, why }
  const decide = issueToken({ by: byOf(principal), at: command.at, operatorTokensMax, ...asked })
  const outcome = await streams.execute(operatorsAggregate, operatorsStream, command, decide)
  if ('rejected' in outcome) return outcome
  const made = outcome.recorded.flatMap(issuedIn)[0]
  if (made === undefined) throw new Error('making a token recorded something else')
  const once = outcome.repeated ? {} : { token }
  return { status: 201, body: { ...made, ...once }, ...recordedIn(outcome) }
}

const issuedIn = (event: OperatorsEvent): readonly object[] => {
  if (event.type !== 'OperatorTokenIssued') return []
  const { tokenHash, ...said } = event.data
  return [{ ...said, fingerprint: fingerprintOf(tokenHash) }]
}

const shown = ({ tokenHash, ...rest }: Operators['tokens'][number]): object => ({
  ...rest,
  fingerprint: fingerprintOf(tokenHash),
})
