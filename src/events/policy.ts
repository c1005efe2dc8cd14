/** What operators say of how much there may be, and whether anything is written: facts of the one stream `policy`, which every process follows. */
import { z } from 'zod'
import { count } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

/** Of a limit or a rate (limits/limits.ts). One that a later version does not have is on record all the same. */
export const limitName = z.string().regex(/^[a-zA-Z]{1,64}$/)

/** A limit in its unit, or a rate. */
export const limitValue = z.union([
  count,
  z.strictObject({ burst: z.number().positive(), everyMs: z.number().positive() }),
])
export type LimitValue = z.infer<typeof limitValue>

/** `act`: the number of the operator's act. Of two about the same thing the later one holds, whichever was done first. */
export const policyShapes = {
  LimitSet: { schema: z.object({ name: limitName, value: limitValue, act: count }) },
  /** What LIMITS says holds again, else the default. */
  LimitReset: { schema: z.object({ name: limitName, act: count }) },
  /** On: clients and peers read, and nothing else. */
  MaintenanceChanged: { schema: z.object({ on: z.boolean(), act: count }) },
} as const
export type PolicyEvent = EventOf<typeof policyShapes>
export const parsePolicyEvent = parserOf(policyShapes)
export const policyStream = 'policy'
