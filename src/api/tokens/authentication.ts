/** Who is asking: assertions (RFC 7523) become bearer tokens, and bearer tokens become principals. */
import type { OwnerOf } from '../accounts/ownerOf.js'
import type { Streams } from '../../streams/streams.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { clientOf, isDisabled, userAggregate } from '../../commands/account/user.js'
import { userStream } from '../../events/user.js'
import { parseClientId, parseQueueId } from '../../mls/wire/ids.js'
import type { QueueId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { Limits } from '../../limits/limits.js'
import { keepNewest } from '../../structures/newest.js'
import { readToken, writeToken } from './bearerToken.js'
import type { ReadToken, TokenHolder, TokenKeys } from './bearerToken.js'
import { isOperatorToken } from './operatorToken.js'
import type { UseOnce } from './usedOnce.js'
import { leewayS, notSigned, unverifiedIssuer, verifyClaims } from './jws.js'
import type { SignatureKey } from './jws.js'
import type { Principal } from '../principal.js'
import type { RateLimiter } from '../http/budgets/rateLimits.js'

export type AuthenticationDependencies = {
  readonly streams: Streams
  readonly tokenKeys: () => TokenKeys
  /** The audience of assertions: `<public URL>/v1/token`. */
  readonly tokenUrl: () => string
  readonly ownerOf: OwnerOf
  /** The key of a queue that is there. */
  readonly queueKey: (queue: QueueId) => Promise<SignatureKey | undefined>
  readonly useOnce: UseOnce
  readonly rateLimiter: RateLimiter
  readonly limits: Limits
  readonly clock: Clock
}

export type IssuedToken = { readonly token: string; readonly expiresInMs: number }

export type Authentication = {
  /** Whom a bearer token stands for now: a removed client or a deleted queue is nobody at once. */
  authenticate(token: string): Promise<Principal | Rejected>
  /** A bearer token for whoever signed the assertion. Failures are counted by its issuer and `address`. */
  exchange(assertion: string, address: string): Promise<IssuedToken | Rejected>
}

/** Tokens whose MAC was verified, remembered; the oldest is forgotten first. */
const verifiedMax = 20_000

export const makeAuthentication = (deps: AuthenticationDependencies): Authentication => {
  const verified = keepNewest<string, ReadToken>(verifiedMax)

  const read = (keys: TokenKeys, token: string): ReadToken | undefined => {
    const known = verified.get(token)
    if (known !== undefined && keys.accepted.includes(known.key)) return known
    const fresh = readToken(keys, token)
    if (fresh !== undefined && keys.accepted.includes(fresh.key)) verified.set(token, fresh)
    return fresh
  }

  const authenticate: Authentication['authenticate'] = async (token) => {
    // Unread: their door alone says whether one holds, and counts who guesses.
    if (isOperatorToken(token)) return reject({ code: 'not-allowed', capability: 'client token' })
    const keys = deps.tokenKeys()
    const bearer = read(keys, token)
    if (bearer === undefined) return refused('the token is not of this server')
    // Whoever had it under a key that counts no longer asks for another, as when it had expired.
    if (bearer.expires <= deps.clock.now() || !keys.accepted.includes(bearer.key)) {
      verified.delete(token)
      return reject({ code: 'token-expired' })
    }
    return (await whyNotLetIn(deps, bearer.holder)) ?? bearer.holder
  }

  return {
    authenticate,
    exchange: (assertion, address) => exchange(deps, assertion, address),
  }
}

const refused = (detail: string): Rejected => reject({ code: 'not-authenticated', detail })

const whyNotLetIn = async (deps: AuthenticationDependencies, holder: TokenHolder): Promise<Rejected | undefined> => {
  if (holder.kind === 'queue') return (await deps.queueKey(holder.queue)) === undefined ? gone : undefined
  const { state } = await deps.streams.read(userAggregate, userStream(holder.user))
  if (clientOf(state, holder.client) === undefined) return gone
  return isDisabled(state) ? reject({ code: 'user-disabled' }) : undefined
}
const gone = refused('the holder of the token is gone')

/** Failures are counted by issuer and address together: nobody can lock another out from somewhere else. */
const exchange = async (
  deps: AuthenticationDependencies,
  assertion: string,
  address: string,
): Promise<IssuedToken | Rejected> => {
  const issuer = unverifiedIssuer(assertion) ?? ''
  const counted = `${issuer.slice(0, 300)} ${address}`
  const retryAfter = deps.rateLimiter.blocked('tokenFailuresPerClient', counted)
  if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
  const holder = await verifyAssertion(deps, assertion, issuer)
  if ('rejected' in holder) {
    // Whoever has the right key and the wrong time, or is kept out, guesses at nothing.
    if (holder.rejected.code === 'clock-skew' || holder.rejected.code === 'user-disabled') return holder
    if (holder.rejected.code !== 'rate-limited') deps.rateLimiter.take('tokenFailuresPerClient', counted)
    return holder
  }
  const { bearerTokenMs } = deps.limits
  const { signing } = deps.tokenKeys()
  if (signing === undefined) throw new StoreUnavailable('this process lacks the key by which tokens are signed now')
  const token = writeToken(signing, { holder, expires: deps.clock.now() + bearerTokenMs })
  return { token, expiresInMs: bearerTokenMs }
}

type Signer = { readonly holder: TokenHolder; readonly keys: readonly SignatureKey[]; readonly isDisabled: boolean }

/** RFC 7523 §3: iss = sub = the client or queue, aud = our token URL, a short exp, a jti that was never seen; 10 s of leeway. */
const verifyAssertion = async (
  deps: AuthenticationDependencies,
  assertion: string,
  issuer: string,
): Promise<TokenHolder | Rejected> => {
  const signer = await signerOf(deps, issuer)
  if (signer === undefined) return refused(`assertion: ${notSigned}`)
  const now = deps.clock.now()
  const verified = await verifyClaims(assertion, signer.keys, {
    audience: deps.tokenUrl(),
    issuer,
    subject: issuer,
    requiredClaims: ['exp', 'jti'],
    currentDate: new Date(now),
  })
  if ('invalid' in verified) {
    return verified.skewed ? reject({ code: 'clock-skew', serverTime: now }) : refused(`assertion: ${verified.invalid}`)
  }
  const { exp = 0 } = verified.claims
  const jti: unknown = verified.claims.jti
  if (typeof jti !== 'string' || jti === '') return refused('assertion: the claim jti does not hold')
  const expires = (exp + leewayS) * 1000
  if (expires > now + deps.limits.assertionMsMax + 2 * leewayS * 1000) {
    return reject({ code: 'clock-skew', serverTime: now })
  }
  // Whoever cannot sign for it takes nothing from the issuer's budget.
  const retryAfter = deps.rateLimiter.take('tokensPerClient', issuer)
  if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
  const isFirst = await deps.useOnce(`${issuer}\n${jti}`, expires)
  if (isFirst && signer.isDisabled) return reject({ code: 'user-disabled' })
  return isFirst ? signer.holder : refused('assertion: its jti was used before')
}

const signerOf = async (deps: AuthenticationDependencies, issuer: string): Promise<Signer | undefined> => {
  const queue = parseQueueId(issuer)
  if (queue !== undefined) {
    const key = await deps.queueKey(queue)
    return key === undefined ? undefined : { holder: { kind: 'queue', queue }, keys: [key], isDisabled: false }
  }
  const client = parseClientId(issuer)
  const user = client === undefined ? undefined : await deps.ownerOf(client)
  if (client === undefined || user === undefined) return undefined
  const { state } = await deps.streams.read(userAggregate, userStream(user))
  const keys = clientOf(state, client)?.keys ?? []
  return {
    holder: { kind: 'client', user, client },
    isDisabled: isDisabled(state),
    keys: keys.map(({ algorithm, signatureKey }) => ({ algorithm, publicKey: signatureKey })),
  }
}
