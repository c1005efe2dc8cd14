/** Facts about the server itself, in the one stream `server`. */
import { z } from 'zod'
import { parserOf } from './parser.js'
import type { EventOf } from './parser.js'

export const serverShapes = {
  /** The first event ever: the domain is fixed by it, and the log gets its random id. */
  ServerInitialised: {
    schema: z.object({ domain: z.string(), logId: z.string(), keysFingerprint: z.string() }),
  },
  /** A restore or an import gives the log another id, so that old cursors are refused and nothing is lost silently. */
  LogReplaced: { schema: z.object({ logId: z.string(), reason: z.enum(['restore', 'import']) }) },
  /** The operator token, by its SHA-256; the newest one holds. */
  OperatorTokenIssued: { schema: z.object({ tokenHash: z.string() }) },
} as const
export type ServerEvent = EventOf<typeof serverShapes>
export const parseServerEvent = parserOf(serverShapes)
export const serverStream = 'server'
