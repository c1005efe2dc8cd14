/** A log that says nothing. */
import type { Log } from '#src/ports/log.js'

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
