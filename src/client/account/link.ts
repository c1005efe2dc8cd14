/** Another client of the same user: it asks with a certificate request, an existing one approves by signature. */
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { sha256 } from '../crypto/digest.js'
import { signJws } from '../crypto/jws.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'

/** What passes between the two devices, by a code on a screen or the like: the request itself. */
export const linkText = (csr: Uint8Array): string => toBase64url(csr)

/** The JWS over the request's digest (docs/rules.md, Vouching): a bearer token alone cannot add a client. */
export const approveLink = async ({ account, api }: Engine, request: string): Promise<string> => {
  const csr = fromBase64url(request)
  if (csr === undefined) throw new TypeError('not what requestLink gave')
  const { baseUrl } = await api.discover()
  const iat = Math.floor(api.clock.now() / 1000)
  const claims = { aud: `${baseUrl}/v1/clients`, iat, jti: randomId(), csr: toBase64url(await sha256(csr)) }
  return signJws(account.seed, { kid: account.client }, claims)
}
