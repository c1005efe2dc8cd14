/**
 * JSON lines on stderr, allow-listed fields only: a field nobody named here is dropped, so no secret slips in by accident. A
 * line that names a request names nobody: `events trace` finds by the request what it did, and must not find whose it was here.
 */
import type { Logger, LoggerFields } from '../../ports/logger.js'
import { nameless } from './nameless.js'

const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

const allowed: ReadonlySet<string> = new Set([
  'adapter',
  'attempt',
  'code',
  'count',
  'domain',
  'durationMs',
  'error',
  'holder',
  'lag',
  'name',
  'position',
  'projection',
  'reaction',
  'reason',
  'requestId',
  'revision',
  'rule',
  'server',
  'setting',
  'signal',
  'status',
  'store',
  'stream',
  'url',
  'version',
])

/** `write` gets whole lines. `level` 'silent' writes nothing. */
export const jsonLog = (level: Level | 'silent', write: (line: string) => void, now: () => number): Logger => {
  const least = level === 'silent' ? levels.length : levels.indexOf(level)
  const at =
    (which: Level) =>
    (message: string, fields: LoggerFields = {}): void => {
      if (levels.indexOf(which) < least) return
      const named = Object.entries(fields).filter(([field]) => allowed.has(field))
      const kept = fields['requestId'] === undefined ? Object.fromEntries(named) : nameless(named)
      write(`${JSON.stringify({ time: new Date(now()).toISOString(), level: which, message, ...kept })}\n`)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
