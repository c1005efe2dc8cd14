/** Facts about one handle, in `handle-<HMAC of the folded handle>`: whose it is now. */
import { z } from 'zod'
import { digest, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

export const handleShapes = {
  HandleReserved: { schema: z.object({ user: userId }) },
  /** For whoever comes by an invitation, by the hash of its token; free again when that is over. */
  HandleKept: { schema: z.object({ invitation: digest }) },
  HandleReleased: { schema: z.object({ user: userId }) },
} as const
export type HandleEvent = EventOf<typeof handleShapes>
export const parseHandleEvent = parserOf(handleShapes)
/** `hash`: HMAC-SHA-256 of the folded handle under the server's handle key, base64url. */
export const handleStream = (hash: string): string => `handle-${hash}`
