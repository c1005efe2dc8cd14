/** Facts about a client's stock of KeyPackages, in `keyPackages-<client's random id>`. */
import { z } from 'zod'
import type { ClientId } from '../mls/wire/ids.js'
import { bytes, cipherSuite, clientId, count, time, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

const stored = z.object({
  /** RFC 9420 §5.2 KeyPackageRef. */
  ref: bytes,
  suite: cipherSuite,
  /** The KeyPackage as an MLSMessage, byte for byte as published. */
  keyPackage: bytes,
  lastResort: z.boolean(),
  notBefore: time,
  notAfter: time,
})
export type StoredKeyPackage = z.infer<typeof stored>

export const keyPackagesShapes = {
  /** `replacedRefs` leave the stock in the same instant. */
  KeyPackagesPublished: {
    schema: z.object({ client: clientId, user: userId, packages: z.array(stored), replacedRefs: z.array(bytes) }),
  },
  /**
   * The package itself stands here too, so that the claim's answer can be rebuilt. `remaining`: of that suite, last resort not counted.
   * `asked`: which request of another server's client it was for; whoever sends that again gets the same package.
   */
  KeyPackageClaimed: {
    schema: z.object({
      client: clientId,
      ref: bytes,
      suite: cipherSuite,
      keyPackage: bytes,
      lastResort: z.boolean(),
      by: userId,
      remaining: count,
      asked: z.string().optional(),
    }),
  },
  KeyPackagesDeleted: { schema: z.object({ client: clientId, refs: z.array(bytes) }) },
  /** The client is gone: nothing is handed out any more. */
  StockClosed: { schema: z.object({ client: clientId }) },
} as const
export type KeyPackagesEvent = EventOf<typeof keyPackagesShapes>
export const parseKeyPackagesEvent = parserOf(keyPackagesShapes)
export const keyPackagesStream = (client: ClientId): string => streamOf('keyPackages', client)
