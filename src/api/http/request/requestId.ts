/** What names a request, or a websocket, in its answers and in the logger's lines. */
import { toBase64url } from '../../../mls/bytes/base64url.js'
import type { Random } from '../../../ports/random.js'

export const newRequestId = (random: Random): string => toBase64url(random.bytes(12))
