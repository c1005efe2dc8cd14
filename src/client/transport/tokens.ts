/** Bearer tokens by assertion (RFC 7523), asked for when needed and kept until shortly before they expire. */
import { randomId } from '../crypto/random.js'
import { signJws } from '../crypto/jws.js'
import type { Http } from './http.js'
import { isRefusal } from './refused.js'

/** Whom a token is for: a client or a queue, each by its own key. */
export type Bearer = { readonly id: string; readonly seed: Uint8Array }

export type Tokens = {
  /** `renew` asks for a new one even when the last should still be good. */
  readonly tokenFor: (bearer: Bearer, renew?: boolean) => Promise<Token>
}

export type Token = { readonly value: string; /** In ms. */ readonly goodUntil: number }

/** A token is renewed when less of its life is left. */
const marginMs = 60_000
/** How long an assertion is good; the server takes at most 60 s. */
const assertionS = 45

/** Whoever asks first asks for all, so none of them can call it off: `stop` does. */
export const tokensFrom = (http: Http, stop: AbortSignal): Tokens => {
  const held = new Map<string, Token>()
  const asking = new Map<string, Promise<Token>>()
  return {
    tokenFor: (bearer, renew = false) => {
      const token = held.get(bearer.id)
      if (!renew && token !== undefined && token.goodUntil - marginMs > Date.now()) return Promise.resolve(token)
      const known = asking.get(bearer.id)
      if (known !== undefined) return known
      const asked = ask(http, bearer, stop)
        .then((fresh) => {
          held.set(bearer.id, fresh)
          return fresh
        })
        .finally(() => asking.delete(bearer.id))
      asking.set(bearer.id, asked)
      return asked
    },
  }
}

/**
 * RFC 7523 §3: a new assertion for each attempt, to the token URL as the server itself names it, by the server's clock. Where
 * the two clocks are apart nevertheless, the refusal tells the time, and it is asked once more.
 */
const ask = async (http: Http, { id, seed }: Bearer, signal: AbortSignal): Promise<Token> => {
  const assertion = async (): Promise<object> => {
    const { baseUrl } = await http.discover(signal)
    const iat = Math.floor(http.clock.now() / 1000)
    const claims = { iss: id, sub: id, aud: `${baseUrl}/v1/token`, iat, exp: iat + assertionS, jti: randomId() }
    return {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await signJws(seed, { kid: id }, claims),
    }
  }
  const exchange = () => http.exchange({ method: 'POST', path: '/v1/token', json: assertion }, signal)
  const { json } = await exchange().catch((error: unknown) => {
    if (!isRefusal(error, 'clock-skew') || !Number.isFinite(error.problem.serverTime)) throw error
    http.clock.set(error.problem.serverTime)
    return exchange()
  })
  const { access_token: value, expires_in: seconds } = json as { access_token: string; expires_in: number }
  return { value, goodUntil: Date.now() + seconds * 1000 }
}
