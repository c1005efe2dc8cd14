/**
 * What an event's writer leaves for its readers to hold it against: a random salt, and a checksum over all of it but its
 * place, which is the store's to give. docs/architecture.md, "Checksums", has the bytes.
 */
import { hash } from 'node:crypto'
import { fromBase64url, toBase64url } from '../mls/bytes/base64url.js'
import { canonicalJson } from './canonical.js'
import type { Json } from './json.js'
import type { Meta } from './meta.js'

export const saltBytes = 16

type Checkable = {
  readonly stream: string
  readonly id: string
  readonly type: string
  readonly data: Json
  readonly meta: Meta
}

/** The meta of an event about to be appended, with its salt (16 random bytes, this event's alone) and its checksum. */
export const sealedMeta = (event: Checkable, salt: Uint8Array): Meta => ({
  ...event.meta,
  salt: toBase64url(salt),
  checksum: checksumOf(event, innerHash(salt, event.data, event.meta.bodyHash)),
})

/** unchecked: written before there were checksums. */
export type Check = 'holds' | 'unchecked' | 'broken'

/** `event` as it is stored, not lifted. */
export const checkOf = (event: Checkable): Check => {
  const { salt, checksum, inner } = event.meta
  if (salt === undefined && checksum === undefined && inner === undefined) return 'unchecked'
  const hashed = inner === undefined ? innerOfWhole(event) : innerOfErased(event, inner)
  return hashed !== undefined && checksumOf(event, hashed) === checksum ? 'holds' : 'broken'
}

/** The event without its payload and whatever tells of it; what held, holds. */
export const withoutPayload = <Event extends Checkable>(event: Event): Event => {
  const { salt, bodyHash: _gone, ...meta } = event.meta
  const inner = salt === undefined ? undefined : innerOfWhole(event)
  return { ...event, data: null, meta: inner === undefined ? meta : { ...meta, inner: toBase64url(inner) } }
}

const innerOfWhole = ({ data, meta: { salt, bodyHash } }: Checkable): Uint8Array | undefined => {
  const bytes = salt === undefined ? undefined : fromBase64url(salt)
  return bytes === undefined ? undefined : innerHash(bytes, data, bodyHash)
}

const innerOfErased = ({ data, meta: { salt, bodyHash } }: Checkable, inner: string): Uint8Array | undefined =>
  data === null && salt === undefined && bodyHash === undefined ? fromBase64url(inner) : undefined

/** The hash of the command's body tells of the payload as much, so it stands under the salt with it. */
const innerHash = (salt: Uint8Array, data: Json, bodyHash = ''): Uint8Array =>
  sha256([salt, canonicalJson(data), bodyHash])

const checksumOf = ({ id, type, stream, meta }: Checkable, inner: Uint8Array): string => {
  const { salt: _salt, checksum: _checksum, inner: _inner, bodyHash: _bodyHash, ...header } = meta
  return toBase64url(sha256([id, type, stream, canonicalJson(header), inner]))
}

/** Over each part behind its length, four bytes, the most significant first. Text is UTF-8. */
const sha256 = (parts: readonly (string | Uint8Array)[]): Uint8Array => {
  const lengths = parts.map((part) => Buffer.byteLength(part))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0))
  let at = 0
  for (const [n, part] of parts.entries()) {
    at = bytes.writeUInt32BE(lengths[n] ?? 0, at)
    if (typeof part === 'string') bytes.write(part, at, 'utf8')
    else bytes.set(part, at)
    at += lengths[n] ?? 0
  }
  return hash('sha256', bytes, 'buffer')
}
