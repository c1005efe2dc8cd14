/** A log that keeps its lines for the test to look at. */
import type { Logger } from '#src/ports/logger.js'

export type QuietLogger = Logger & {
  readonly lines: string[]
  /** Resolves once there is a line that begins so. */
  said(beginning: string): Promise<void>
}

export const quietLogger = (): QuietLogger => {
  const lines: string[] = []
  const watchers = new Set<() => void>()
  const keep: Logger['info'] = (message, fields) => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
    for (const watch of watchers) watch()
  }
  const said = (beginning: string): Promise<void> =>
    new Promise((resolve) => {
      const watch = (): void => {
        if (!lines.some((line) => line.startsWith(beginning))) return
        watchers.delete(watch)
        resolve()
      }
      watchers.add(watch)
      watch()
    })
  return { lines, said, debug: keep, info: keep, warn: keep, error: keep }
}
