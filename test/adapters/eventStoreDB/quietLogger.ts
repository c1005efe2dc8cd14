/** A log that keeps its lines for the test to look at. */
import type { Logger } from '#src/ports/logger.js'

export type QuietLogger = Logger & { readonly lines: string[] }

export const quietLogger = (): QuietLogger => {
  const lines: string[] = []
  const keep: Logger['info'] = (message, fields) => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  }
  return { lines, debug: keep, info: keep, warn: keep, error: keep }
}
