/** Operator tokens, made and ended while the server runs: nobody grants above itself, and somebody always is left who can. */
import { fingerprintOf, ownTokenName } from '../../events/operators.js'
import type { OperatorName, OperatorsEvent } from '../../events/operators.js'
import { reaches } from '../../events/operatorRole.js'
import type { OperatorRole } from '../../events/operatorRole.js'
import type { Limits } from '../../limits/limits.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { onRecord } from './operators.js'
import type { OperatorToken, Operators } from './operators.js'

/** `at`: ms. */
export const holds = ({ expires }: Pick<OperatorToken, 'expires'>, at: number): boolean =>
  expires === undefined || expires > at

type Asked = { readonly by: OperatorName; readonly why: string; /** ms */ readonly at: number }

export type IssueToken = Asked & {
  /** SHA-256 of the new token, base64url. */
  readonly tokenHash: string
  readonly name: string
  readonly role: OperatorRole
  /** ms. */
  readonly expires?: number | undefined
}

type Issued = IssueToken & Pick<Limits, 'operatorTokensMax'>

/** On record with the token, in one append. */
export const issueToken: Decider<Issued, Operators, OperatorsEvent> = (asked) => (state) => {
  const { by, why, tokenHash, name, role, expires } = asked
  const granted = { name, role, ...(expires === undefined ? {} : { expires }) }
  const what = { type: 'issueToken', token: fingerprintOf(tokenHash), ...granted } as const
  const issued = { type: 'OperatorTokenIssued', data: { tokenHash, ...granted } } as const
  return onRecord({ act: { by, what, why }, changed: whyNot(state, asked) ?? accept(issued) })(state)
}

/** A name is taken while its token holds; the server's own is its own. */
const whyNot = ({ tokens }: Operators, asked: Issued): Rejected | undefined => {
  const { by, at, name, role, operatorTokensMax: max } = asked
  const inForce = tokens.filter((token) => holds(token, at))
  const grantor = inForce.find((token) => fingerprintOf(token.tokenHash) === by.token)
  if (grantor === undefined) return reject({ code: 'not-authenticated', detail: 'the token is not known' })
  if (!reaches(grantor.role, 'admin') || !reaches(grantor.role, role))
    return reject({ code: 'not-allowed', capability: 'grantRole' })
  if (!holds(asked, at)) return reject({ code: 'malformed', detail: 'body.expires: it has passed' })
  if (name === ownTokenName || inForce.some((token) => token.name === name))
    return reject({ code: 'already-exists', what: 'token' })
  return inForce.length >= max ? reject({ code: 'limit-reached', limit: 'operatorTokensMax', max }) : undefined
}

export type RevokeToken = Asked & { readonly name: string }

/** At once and for ever. The last admin token that holds stays: nobody could make another one. */
export const revokeToken: Decider<RevokeToken, Operators, OperatorsEvent> =
  ({ by, why, at, name }) =>
  (state) => {
    const token = state.tokens.find((one) => one.name === name)
    if (token === undefined) return reject({ code: 'no-such-token' })
    const { tokenHash } = token
    const admins = state.tokens.filter((one) => one.role === 'admin' && holds(one, at))
    if (admins.length === 1 && admins[0] === token) return reject({ code: 'last-admin' })
    const what = { type: 'revokeToken', token: fingerprintOf(tokenHash), name } as const
    const revoked = accept({ type: 'OperatorTokenRevoked', data: { tokenHash, name } } as const)
    return onRecord({ act: { by, what, why }, changed: revoked })(state)
  }
