/** What operators did, in the one stream `operators`: who, what, and why, in their own words. */
import { z } from 'zod'
import { digest } from './fields.js'
import { parserOf } from './parser.js'
import type { EventOf } from './parser.js'
import { operatorTokenIssued } from './server.js'

/** Who has a token is known by its fingerprint: the first 16 characters of its SHA-256, base64url. Never the token. */
const operatorName = z.object({ token: z.string().regex(/^[A-Za-z0-9_-]{16}$/) })
export type OperatorName = z.infer<typeof operatorName>

/** Everything that an operator can do: each with what it was done to. */
const operatorAct = z.discriminatedUnion('type', [
  /** No upload or download of bytes with this SHA-256 any more, until it is lifted. */
  z.object({ type: z.literal('takeDown'), digest }),
  z.object({ type: z.literal('liftTakedown'), digest }),
  /** The clock of the servers is right. */
  z.object({ type: z.literal('acceptClock') }),
])
export type OperatorAct = z.infer<typeof operatorAct>

/** Characters. */
export const whyMax = 500

export const operatorsShapes = {
  OperatorTokenIssued: operatorTokenIssued,
  /**
   * Written before what it does (commands/chains/operatorAct.ts): nothing is done that is not on record. `number` counts
   * acts from 1: where two are about the same thing, the later one holds, whichever was done first.
   */
  OperatorActed: {
    schema: z.object({ number: z.number().int().min(1), by: operatorName, what: operatorAct, why: z.string().min(1) }),
  },
} as const
export type OperatorsEvent = EventOf<typeof operatorsShapes>
export const parseOperatorsEvent = parserOf(operatorsShapes)
export const operatorsStream = 'operators'
