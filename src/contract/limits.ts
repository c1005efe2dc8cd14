/** Limits and maintenance as operators see and change them. */
import { z } from 'zod'
import { limitDefaults, rateDefaults } from '../limits/limits.js'
import type { Limits, RateName } from '../limits/limits.js'
import { described, named, timeOut } from './fields.js'

const limitNames = Object.keys(limitDefaults) as (keyof Limits)[]
const rateNames = Object.keys(rateDefaults) as RateName[]

export const limitNameField = named(z.enum([...limitNames, ...rateNames]), {
  title: 'LimitName',
  description: 'A limit or a rate, as docs/limits.md has it',
  example: 'groupMembersMax',
})

const rate = z
  .strictObject({
    burst: described(z.number(), 'So many at once', 60),
    everyMs: described(z.number(), 'Then one in so many ms', 1_000),
  })
  .meta({ title: 'RateValue', description: 'A budget: a token bucket' })

export const limitValueField = z.union([described(z.number(), 'Of a limit, in its unit', 500), rate]).meta({
  title: 'LimitValue',
  description: 'A number in the unit that the name tells; of a rate, so many at once, then one in so many ms',
  examples: [500],
})

const valueShown = z.union([
  described(z.number(), 'Of a limit, in its unit', 500),
  rate,
  z.literal('off').describe('A rate that LIMITS turned off'),
])
const range = z
  .object({ min: described(z.number(), 'The least', 1), max: described(z.number(), 'The most', 5_000) })
  .meta({ title: 'LimitRange', description: 'Between what a value may be while the server runs' })

const limitShown = z
  .object({
    name: limitNameField,
    value: valueShown.meta({ title: 'LimitShown', description: 'What holds now', examples: [1_000] }),
    source: described(
      z.enum(['default', 'environment', 'operator']),
      'Whose word that is: an operator’s, which wins; else that of a setting; else the default',
      'default',
    ),
    setting: valueShown.meta({
      title: 'LimitSetting',
      description: 'What holds when it is reset: as the settings have it, or the default',
      examples: [1_000],
    }),
    range: z
      .union([
        range,
        z
          .object({ burst: range, everyMs: range })
          .meta({ title: 'RateRange', description: 'Between what a rate may be while the server runs' }),
        z.literal('fixed').describe('It holds from start to stop: LIMITS changes it'),
      ])
      .meta({ title: 'LimitBounds', description: 'What it may be changed to', examples: [{ min: 2, max: 5_000 }] }),
  })
  .meta({ title: 'LimitInForce', description: 'A limit or a rate, as it is now' })
export type LimitInForce = z.infer<typeof limitShown>

export const limitsAnswer = z
  .object({ limits: z.array(limitShown).describe('Limits, then rates') })
  .meta({ title: 'LimitsInForce', description: 'All limits and rates' })

export const maintenanceField = described(z.boolean(), 'Whether clients and peers only read', true)
export const maintenanceAnswer = z
  .object({
    maintenance: maintenanceField,
    since: timeOut.optional().describe('When that was said last, ms since 1970; absent where nobody ever did'),
  })
  .meta({ title: 'MaintenanceNow', description: 'Whether the server is only read' })
export type MaintenanceShown = z.infer<typeof maintenanceAnswer>
