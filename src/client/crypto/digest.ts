/** SHA-256 as text: how one's own messages are recognised when they come back. */
import { toBase64url } from '../../mls/bytes/base64url.js'

export const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))

export const digestOf = async (bytes: Uint8Array): Promise<string> => toBase64url(await sha256(bytes))
