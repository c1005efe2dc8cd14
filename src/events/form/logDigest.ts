/** One value for a whole log in its order: equal where the same events stand in the same order, at whatever positions. */
import { hash } from 'node:crypto'
import { canonicalJson } from './canonical.js'
import type { Json } from './json.js'
import type { Meta } from './meta.js'

/** `meta.command` of what an import writes where nothing of the export stands. */
export const placeholderCommand = 'import'

type Digestible = {
  readonly stream: string
  readonly id: string
  readonly type: string
  readonly data: Json
  readonly meta: Meta
}

/** Of a log without an event. */
export const emptyLogDigest = 'A'.repeat(43)

/** Of the log with one event more, unpadded base64url: a chain over the checksums. The caller gives each event once. */
export const digestWith = (before: string, event: Digestible): string =>
  isPlaceholder(event)
    ? before
    : hash('sha256', `${before} ${event.meta.checksum ?? uncheckedHash(event)}`, 'base64url')

const isPlaceholder = ({ data, meta }: Digestible): boolean => data === null && meta.command === placeholderCommand

/** Of what was written before there were checksums. */
const uncheckedHash = ({ stream, id, type, data, meta }: Digestible): string =>
  hash('sha256', canonicalJson({ stream, id, type, data, meta }), 'base64url')
