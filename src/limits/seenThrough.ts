/** Limits with some of them otherwise: the rest are those that change while the server runs. */
import type { Limits } from './limits.js'

export const seenThrough = (limits: Limits, otherwise: Partial<Limits>): Limits =>
  Object.create(
    limits,
    Object.fromEntries(Object.entries(otherwise).map(([name, value]) => [name, { value, enumerable: true }])),
  ) as Limits
