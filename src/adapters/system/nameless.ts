/** What a line that names a request may say beside: nothing that is a client's, a user's, a queue's or an address. */
import { isIP } from 'node:net'
import type { LoggerFields } from '../../ports/logger.js'

/** Fields that never name anybody by what they are; in their texts nobody is left named. */
const allowed: ReadonlySet<string> = new Set(['code', 'count', 'durationMs', 'error', 'reason', 'requestId', 'status'])

export const nameless = (fields: readonly (readonly [string, LoggerFields[string]])[]): LoggerFields =>
  Object.fromEntries(
    fields
      .filter(([field]) => allowed.has(field))
      .map(([field, value]) => [
        field,
        field === 'requestId' || typeof value !== 'string' ? value : withoutNames(value),
      ]),
  )

/** The random part of an id, 16 bytes as base64url, with the kind of its stream before it; hashes and tokens, which are longer. */
const ids = /(?<![A-Za-z0-9_])(?:[a-zA-Z]+-)?(?:[A-Za-z0-9_-]{21}[AQgw]|[A-Za-z0-9_-]{42,})(?![A-Za-z0-9_-])/g
const uris = /mimi(?::|%3A)(?:\/|%2F){2}[^\s"'`)\]}>,]+/gi
const addresses = /[0-9A-Fa-f:.]{3,}/g

export const withoutNames = (text: string): string =>
  text
    .replaceAll(uris, '…')
    .replaceAll(ids, '…')
    .replaceAll(addresses, (found) => (isAddress(found) ? '…' : found))

/** With a port, or a full stop behind it, too. */
const isAddress = (found: string): boolean =>
  [found, found.replace(/[.:]+$/, ''), found.replace(/:\d+[.:]*$/, '')].some((one) => isIP(one) !== 0)
