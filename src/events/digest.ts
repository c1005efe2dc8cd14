/** Facts about one digest of bytes, in `digest-<SHA-256, base64url>`: that nothing with it is taken or given any more, or that it is again. */
import { z } from 'zod'
import { digest } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

const act = z.number().int().min(1)

export const digestShapes = {
  /** `act`: the number of the operator's act that it follows from (operators.ts). */
  DigestTakenDown: { schema: z.object({ digest, act }) },
  DigestTakedownLifted: { schema: z.object({ digest, act }) },
} as const
export type DigestEvent = EventOf<typeof digestShapes>
export const parseDigestEvent = parserOf(digestShapes)
/** `of`: SHA-256, unpadded base64url. */
export const digestStream = (of: string): string => `digest-${of}`
