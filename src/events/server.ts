/** Facts about the server itself, in the one stream `server`. */
import { z } from 'zod'
import { digest, time } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

const span = z.object({ from: time, until: time })
/** ms since 1970. */
export type Span = z.infer<typeof span>

/** What is followed by another while the server runs. The handle key never is; federation keys have times of their own. */
export const rotatedKind = z.enum(['token', 'sealing', 'intermediate', 'push'])
export type RotatedKind = z.infer<typeof rotatedKind>

/**
 * Another key is used. `key`, `bundle`: the fingerprints of the key, and of the bundle that it stands in; `from`: when it begins,
 * ms; `until`: when those before it count no longer; without it they count as long as there is something of them.
 */
export const rotation = z.object({
  kind: rotatedKind,
  key: digest,
  bundle: digest,
  from: time,
  until: time.optional(),
})
export type Rotation = z.infer<typeof rotation>

export const serverShapes = {
  /** The first event ever: the domain is fixed by it, and the log gets its random id. */
  ServerInitialised: {
    schema: z.object({ domain: z.string(), logId: z.string(), keysFingerprint: z.string() }),
  },
  /** A restore or an import gives the log another id, so that old cursors are refused and nothing is lost silently. */
  LogReplaced: { schema: z.object({ logId: z.string(), reason: z.enum(['restore', 'import']) }) },
  /** The operator token, by its SHA-256, base64url; the newest one holds. In older logs alone: now they stand on `operators`. */
  OperatorTokenIssued: { schema: z.object({ tokenHash: z.string() }) },
  /** A process does not believe its clock: nothing is destroyed by age. `believed`: the time it is taken for, ms. */
  ClockHeld: { schema: z.object({ process: z.string(), believed: time }) },
  /** The clock is believed again, and why. `skipped`: the time nobody could use, which makes no queue older. */
  ClockAccepted: { schema: z.object({ by: z.enum(['return', 'secondClock', 'operator']), skipped: span.optional() }) },
  /** Every process must have it in its bundle: what is asked of one that has not waits. */
  KeyRotated: { schema: rotation },
  /** No event was written for longer than an hour when a process started. */
  ServerWasDown: { schema: span },
} as const
export type ServerEvent = EventOf<typeof serverShapes>
export const parseServerEvent = parserOf(serverShapes)
export const serverStream = 'server'
