/** Facts about one digest of bytes, in `digest-<SHA-256, base64url>`: that nothing with it is taken or given any more. */
import { z } from 'zod'
import { digest } from './fields.js'
import { parserOf } from './parser.js'
import type { EventOf } from './parser.js'

export const digestShapes = {
  DigestTakenDown: { schema: z.object({ digest }) },
} as const
export type DigestEvent = EventOf<typeof digestShapes>
export const parseDigestEvent = parserOf(digestShapes)
/** `of`: SHA-256, unpadded base64url. */
export const digestStream = (of: string): string => `digest-${of}`
