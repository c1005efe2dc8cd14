/** A log that says nothing. */
import type { Logger } from '#src/ports/logger.js'

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
