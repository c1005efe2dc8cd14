/** Takes what one request costs, and says in its answer how the budgets stand that it took from. */
import type { Response } from 'express'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { costOfLook } from './budgets.js'
import { rateLimitFields } from './rateLimitFields.js'
import { costOfRepeat } from './rateLimits.js'
import { requestIdOf } from '../reply.js'
import type { Charge, Charged, RateLimiter, Standing } from './rateLimits.js'

/** The command that is paid for, and who pays where it is a repeat. */
export type Order = { readonly id: string; readonly who: string }

export type Till = {
  /** The id of the request. */
  readonly request: string
  /** A repeat pays once, whatever else it would have cost. */
  readonly pay: (order: Order, charges: readonly Charge[]) => Rejected | undefined
  /** Pays for asking the log whether it is a repeat: false where too much was asked for already. Paid once. */
  readonly mayLook: (who: string) => boolean
  /** The log says that it is a repeat: that is all it costs. */
  readonly payAsRepeat: (who: string) => Rejected | undefined
  /** It was a repeat after all: what was taken for it as for a new command goes back. */
  readonly wasRepeat: () => void
}

export const openTill = (rateLimiter: RateLimiter, response: Response): Till => {
  let standings: readonly Standing[] = []
  let taken: readonly Charge[] = []
  let payer: string | undefined
  let isRepeat = false
  let looked: boolean | undefined

  const note = ({ retryAfter, standings: more }: Charged): Rejected | undefined => {
    standings = [...standings, ...more]
    response.set(rateLimitFields(standings))
    return retryAfter === undefined ? undefined : reject({ code: 'rate-limited', retryAfter })
  }

  return {
    request: requestIdOf(response),
    pay: ({ id, who }, charges) => {
      if (charges.length === 0 || isRepeat) return undefined
      payer = who
      const charged = rateLimiter.chargeCommand(id, who, charges)
      isRepeat = charged.isRepeat
      if (charged.retryAfter === undefined && !isRepeat) taken = [...taken, ...charges]
      return note(charged)
    },
    mayLook: (who) => !isRepeat && (looked ??= rateLimiter.charge(costOfLook(who)).retryAfter === undefined),
    payAsRepeat: (who) => {
      isRepeat = true
      rateLimiter.giveBack(taken)
      standings = []
      return note(rateLimiter.charge(costOfRepeat(who)))
    },
    wasRepeat: () => {
      if (isRepeat || payer === undefined) return
      rateLimiter.giveBack(taken)
      standings = []
      note(rateLimiter.charge(costOfRepeat(payer)))
    },
  }
}
