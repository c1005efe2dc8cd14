/** The LIMITS of servers in tests: a client on a busy machine may not notice in time that its idle connection was ended. */
import { rateDefaults } from '#src/limits/limits.js'

/** Of every server whose test says nothing else. */
export const keepAliveTimeoutMs = 10 * 60 * 1_000
/** The LIMITS of no rates at all. */
export const ratesOff = Object.fromEntries(Object.keys(rateDefaults).map((name) => [name, 'off']))

/** `limits` as the setting says them; idle connections are kept for minutes unless it says how long. */
export const patientLimits = (limits = 'off'): string =>
  JSON.stringify({ keepAliveTimeoutMs, ...(limits === 'off' ? ratesOff : (JSON.parse(limits) as object)) })
