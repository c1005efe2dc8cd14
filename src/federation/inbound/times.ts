/** Whether a signature is of this time. Pure. */
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { validSecondsMax } from '../signatures/stamp.js'
import type { RequestStamp } from '../signatures/stamp.js'
import { unsigned } from './signedRequest.js'

/** A peer's clock may be ahead by so much, ms. */
const aheadMsMax = 10_000

/** `forgetsBefore`: what was used before is not known any more, so nothing from before is taken, ms. */
export const refuseTime = (
  { created, expires }: RequestStamp,
  now: number,
  forgetsBefore: number | undefined,
): Rejected | undefined => {
  if (expires <= created || expires - created > validSecondsMax)
    return unsigned(`expires is at most ${validSecondsMax} s after created`)
  const isOurTime = created * 1_000 <= now + aheadMsMax && now < expires * 1_000
  const isKnownTime = forgetsBefore === undefined || created * 1_000 > forgetsBefore
  return isOurTime && isKnownTime ? undefined : reject({ code: 'clock-skew', serverTime: now })
}
