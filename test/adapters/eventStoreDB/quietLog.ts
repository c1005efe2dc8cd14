/** A log that keeps its lines for the test to look at. */
import type { Log } from '#src/ports/log.js'

export type QuietLog = Log & { readonly lines: string[] }

export const quietLog = (): QuietLog => {
  const lines: string[] = []
  const keep: Log['info'] = (message, fields) => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  }
  return { lines, debug: keep, info: keep, warn: keep, error: keep }
}
