/** What time it is to a peer that refused a request as one of another time. Pure. */
import { z } from 'zod'
import type { OutboundAnswer } from '../../ports/outbound.js'

/** Nobody's clock is further off: whoever says so wants a signature for later. */
const skewMsMax = 60 * 60 * 1_000
const refusal = z.object({ code: z.literal('clock-skew'), serverTime: z.number().int() })

/** ms since 1970; undefined where it was not refused for that, or says what nobody believes. */
export const serverTimeIn = ({ status, body }: OutboundAnswer, now: number): number | undefined => {
  if (status !== 401) return undefined
  const read = refusal.safeParse(jsonIn(body))
  return read.success && Math.abs(read.data.serverTime - now) <= skewMsMax ? read.data.serverTime : undefined
}

const jsonIn = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}
