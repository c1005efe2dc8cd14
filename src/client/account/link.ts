/** Another client of the same user: it asks with a certificate request, an existing one approves by signature. */
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { sha256 } from '../crypto/digest.js'
import { type Claims, signJws } from '../crypto/jws.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'

/** What passes between the two devices, by a code on a screen or the like: the request itself. */
export const linkText = (csr: Uint8Array): string => toBase64url(csr)

/** The JWS over the request's digest (docs/rules.md, Vouching): a bearer token alone cannot add a client. */
export const approveLink = async (engine: Engine, request: string): Promise<string> => {
  const csr = fromBase64url(request)
  if (csr === undefined) throw new TypeError('not what requestLink gave')
  return signApproval(engine, '/v1/clients', { csr: toBase64url(await sha256(csr)) })
}

/** What lets something happen at a route that a bearer token alone cannot. */
export const signApproval = async (
  { account, api }: Pick<Engine, 'account' | 'api'>,
  path: string,
  claims: Claims,
): Promise<string> => {
  const { baseUrl } = await api.discover()
  const iat = Math.floor(api.clock.now() / 1000)
  return signJws(account.seed, { kid: account.client }, { aud: baseUrl + path, iat, jti: randomId(), ...claims })
}
