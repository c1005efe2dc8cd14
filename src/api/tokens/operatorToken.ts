/** Operators' tokens: who has one that holds is an operator, and is known by its fingerprint wherever it is told who did what. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { holds } from '../../commands/operators/tokens.js'
import type { OperatorToken } from '../../commands/operators/operators.js'
import { fingerprintOf } from '../../events/operators.js'
import type { OperatorRole } from '../../events/operatorRole.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { Random } from '../../ports/random.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

/** `token`: the fingerprint of the operator's token, never the token. */
export type OperatorPrincipal = {
  readonly kind: 'operator'
  readonly token: string
  readonly name: string
  readonly role: OperatorRole
}

const prefix = 'hs_op_'
const secretBytes = 24

export const isOperatorToken = (token: string): boolean => token.startsWith(prefix)
export const newOperatorToken = (random: Random): string => `${prefix}${toBase64url(random.bytes(secretBytes))}`
/** SHA-256, base64url: all that is kept of a token. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** `now`: ms. Compared in constant time with each. */
export const operatorOf = (
  token: string,
  tokens: readonly OperatorToken[],
  now: number,
): OperatorPrincipal | Rejected => {
  if (!isOperatorToken(token)) return reject({ code: 'not-authenticated', detail: 'the token is not an operator’s' })
  const given = createHash('sha256').update(token).digest()
  const [found] = tokens.filter(({ tokenHash }) => isSame(given, fromBase64url(tokenHash)))
  if (found === undefined) return reject({ code: 'not-authenticated', detail: 'the token is not known' })
  if (!holds(found, now)) return reject({ code: 'token-expired' })
  const { tokenHash, name, role } = found
  return { kind: 'operator', token: fingerprintOf(tokenHash), name, role }
}

const isSame = (given: Uint8Array, expected: Uint8Array | undefined): boolean =>
  expected?.length === given.length && timingSafeEqual(given, expected)
