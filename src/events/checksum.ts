/**
 * What an event's writer leaves for its readers to hold it against: a random salt, and a checksum over all of it but its
 * place, which is the store's to give. docs/architecture.md, "Checksums", has the bytes.
 */
import { hash } from 'node:crypto'
import { toBase64url } from '../mls/bytes/base64url.js'
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
export const sealedMeta = (event: Checkable, saltOfEvent: Uint8Array): Meta => {
  const salt = toBase64url(saltOfEvent)
  return { ...event.meta, salt, checksum: checksumOf(event, innerHash(salt, event.data, event.meta.bodyHash)) }
}

/** unchecked: written before there were checksums. */
export type Check = 'holds' | 'unchecked' | 'broken'

/** `event` as it is stored, not lifted. */
export const checkOf = (event: Checkable): Check => {
  const { salt, checksum, inner } = event.meta
  if (salt === undefined && checksum === undefined && inner === undefined) return 'unchecked'
  const hashed = inner === undefined ? innerOfWhole(event) : innerOfErased(event)
  return hashed !== undefined && checksumOf(event, hashed) === checksum ? 'holds' : 'broken'
}

/** The event without its payload and whatever tells of it; what held, holds. */
export const withoutPayload = <Event extends Checkable>(event: Event): Event => {
  const { salt: _salt, bodyHash: _bodyHash, ...meta } = event.meta
  const inner = innerOfWhole(event)
  return { ...event, data: null, meta: inner === undefined ? meta : { ...meta, inner } }
}

const innerOfWhole = ({ data, meta: { salt, bodyHash } }: Checkable): string | undefined =>
  salt === undefined ? undefined : innerHash(salt, data, bodyHash)

const innerOfErased = ({ data, meta: { salt, bodyHash, inner } }: Checkable): string | undefined =>
  data === null && salt === undefined && bodyHash === undefined ? inner : undefined

/** The hash of the command's body tells of the payload as much, so it stands under the salt with it. */
const innerHash = (salt: string, data: Json, bodyHash = ''): string => sha256([salt, canonicalJson(data), bodyHash])

const checksumOf = ({ id, type, stream, meta }: Checkable, inner: string): string =>
  sha256([id, type, stream, canonicalJson(meta, notInHeader), inner])

const notInHeader: ReadonlySet<string> = new Set(['salt', 'checksum', 'inner', 'bodyHash'])

/** Over each text in UTF-8 behind its length, four bytes, the most significant first; unpadded base64url. */
const sha256 = (texts: readonly string[]): string => {
  let length = 0
  for (const text of texts) length += 4 + Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const text of texts) {
    const size = bytes.write(text, at + 4)
    bytes.writeUInt32BE(size, at)
    at += 4 + size
  }
  return hash('sha256', bytes, 'base64url')
}
