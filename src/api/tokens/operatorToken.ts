/** Operators' tokens: who has the one that holds is the operator, and is known by its fingerprint wherever it is told who did what. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { OperatorPrincipal } from '../principal.js'

const prefix = 'hs_op_'
/** Of the token's hash, base64url: events/operators.ts. */
const fingerprintChars = 16

export const isOperatorToken = (token: string): boolean => token.startsWith(prefix)

/** `hash`: SHA-256 of the token that holds, base64url. Compared in constant time. */
export const operatorOf = (token: string, hash: string | undefined): OperatorPrincipal | Rejected => {
  if (!isOperatorToken(token)) return reject({ code: 'not-authenticated', detail: 'the token is not an operator’s' })
  const expected = fromBase64url(hash ?? '')
  const given = createHash('sha256').update(token).digest()
  if (expected?.length !== given.length || !timingSafeEqual(given, expected)) {
    return reject({ code: 'not-authenticated', detail: 'the token is not known' })
  }
  return { kind: 'operator', token: toBase64url(given).slice(0, fingerprintChars) }
}
