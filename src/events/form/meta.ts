/** What surrounds every fact: the shape it was written in, when, by which command, and what caused it. */
import { z } from 'zod'

export const metaSchema = z.object({
  /** The shape that the event's parser lifts from. */
  v: z.number().int().min(1),
  /** Our clock, ms since 1970. A server's clock is not a fact: nothing is decided by it in a fold but ages. */
  at: z.number().int().nonnegative(),
  /** The command's id: UUIDv5 of the authenticated principal and its Idempotency-Key. */
  command: z.string(),
  /** SHA-256 of the command's body, unpadded base64url: the same key with another body is refused. Erased with the payload. */
  bodyHash: z.string().optional(),
  /** The id of the request that the command came by, as its answer has it in `X-Request-Id`; never on what untraced.ts names. */
  request: z.string().optional(),
  /** The event id that a reaction answered; of what a hub decided, the event's id there. */
  cause: z.string().optional(),
  /** In a group of another server: which one decided it, and its number among what that server sent here. */
  hub: z.object({ domain: z.string(), sequence: z.number().int().nonnegative() }).optional(),
  /** 16 random bytes, unpadded base64url, so that no checksum tells what an erased payload was. Erased with it. */
  salt: z.string().optional(),
  /** checksum.ts. None on events written before there were checksums. */
  checksum: z.string().optional(),
  /** In place of an erased payload and its salt: their hash, by which the checksum still holds. */
  inner: z.string().optional(),
})
/** Who decided a fact of a followed group, and its place among what that server sent. */
export type Hub = NonNullable<Meta['hub']>
export type Meta = z.infer<typeof metaSchema>
