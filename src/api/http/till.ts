/** Takes what one request costs, and says in its answer how the budgets stand that it took from. */
import type { Response } from 'express'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { rateLimitFields } from './rateLimitFields.js'
import type { Charge, RateLimiter, Standing } from './rateLimits.js'

/** The command that is paid for, and who pays where it is a repeat. */
export type Order = { readonly id: string; readonly who: string }

export type Till = {
  /** A repeat pays once, whatever else it would have cost. */
  readonly pay: (order: Order, charges: readonly Charge[]) => Rejected | undefined
}

export const openTill = (rateLimiter: RateLimiter, response: Response): Till => {
  const standings: Standing[] = []
  return {
    pay: ({ id, who }, charges) => {
      if (charges.length === 0) return undefined
      if (standings.some(({ name }) => name === 'repeatsPerClient')) return undefined
      const charged = rateLimiter.chargeCommand(id, who, charges)
      standings.push(...charged.standings)
      response.set(rateLimitFields(standings))
      const { retryAfter } = charged
      return retryAfter === undefined ? undefined : reject({ code: 'rate-limited', retryAfter })
    },
  }
}
