/** Whether a subscription is one that pushes could go to: its endpoint, and the keys that they are encrypted to. */
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { createECDH } from 'node:crypto'
import type { PushTarget } from '../../events/form/sealedSubscription.js'
import type { Limits } from '../../limits/limits.js'
import { malformed } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

type Asked = { readonly endpoint: string; readonly keys: { readonly p256dh: string; readonly auth: string } }

/**
 * Why an endpoint would not be asked; undefined: it would, as far as can be told now. What addresses a name has is checked at each
 * push, as they change.
 */
export type RefusedEndpoint = (endpoint: string) => string | undefined

export const pushTargetIn = (
  { endpoint, keys: { p256dh, auth } }: Asked,
  {
    limits,
    refusedEndpoint,
  }: { readonly limits: Pick<Limits, 'pushEndpointBytesMax'>; readonly refusedEndpoint: RefusedEndpoint },
): PushTarget | Rejected => {
  if (Buffer.byteLength(endpoint) > limits.pushEndpointBytesMax)
    return malformed(`body.endpoint: more than ${limits.pushEndpointBytesMax} bytes`)
  const refused = refusedEndpoint(endpoint)
  if (refused !== undefined) return malformed(`body.endpoint: ${refused}`)
  if (!isPoint(fromBase64url(p256dh))) return malformed('body.keys.p256dh: not an uncompressed P-256 point')
  if (fromBase64url(auth)?.length !== 16) return malformed('body.keys.auth: not 16 bytes')
  return { endpoint, p256dh, auth }
}

const isPoint = (bytes: Uint8Array | undefined): boolean => {
  if (bytes?.length !== 65 || bytes[0] !== 4) return false
  const own = createECDH('prime256v1')
  own.generateKeys()
  try {
    return own.computeSecret(bytes).length > 0
  } catch {
    return false
  }
}
