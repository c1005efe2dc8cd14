/** What time it is by the Date header of a web server (RFC 9110 §6.6.1): a clock beside ours, to the second. */
import type { SecondClock } from '../../ports/clock.js'

const waitMs = 5_000

/** `url`: of any server with a right clock; it is asked with HEAD. */
export const httpDate =
  (url: string): SecondClock =>
  async () => {
    try {
      const { headers } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(waitMs) })
      const date = Date.parse(headers.get('date') ?? '')
      return Number.isNaN(date) ? undefined : date
    } catch {
      return undefined
    }
  }
