/** What surrounds every fact: the shape it was written in, when, by which command, and what caused it. */
import { z } from 'zod'

export const metaSchema = z.object({
  /** The shape that the event's parser lifts from. */
  v: z.number().int().min(1),
  /** Our clock, ms since 1970. A server's clock is not a fact: nothing is decided by it in a fold but ages. */
  at: z.number().int().nonnegative(),
  /** The command's id: UUIDv5 of the authenticated principal and its Idempotency-Key. */
  command: z.string(),
  /** SHA-256 of the command's body, unpadded base64url: the same key with another body is refused. */
  bodyHash: z.string(),
  /** The event id that a reaction answered. */
  cause: z.string().optional(),
})
export type Meta = z.infer<typeof metaSchema>
