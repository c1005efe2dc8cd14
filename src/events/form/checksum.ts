/**
 * What an event's writer leaves for its readers to hold it against: a random salt, and a checksum over all of it but its
 * place, which is the store's to give. docs/architecture.md, "Checksums", has the bytes.
 */
import { hash } from 'node:crypto'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { keepBeside } from '../../structures/beside.js'
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
  const text = canonicalJson(event.data)
  if (typeof event.data === 'object' && event.data !== null) sealedTexts.keep(event.data, text)
  return { ...event.meta, salt, checksum: checksumOf(event, innerHash(salt, text, event.meta.bodyHash)) }
}

/** As it was sealed, data is stored: the text is made once, and a reader need not make it to check it. */
export const sealedTextOf = (data: Json): string | undefined =>
  typeof data === 'object' && data !== null ? sealedTexts.get(data) : undefined
const sealedTexts = keepBeside<object, string>()

/** unchecked: written before there were checksums. */
export type Check = 'holds' | 'unchecked' | 'broken'

/** `text`: the data as it stands in the store, most likely as it was sealed; if so nothing need be made of it. */
export const checkOfStored = (event: Checkable, text: string): Check => {
  const { salt, checksum, inner, bodyHash } = event.meta
  const asSealed = salt !== undefined && checksum !== undefined && inner === undefined
  if (asSealed && checksumOf(event, innerHash(salt, text, bodyHash)) === checksum) return 'holds'
  return checkOf(event)
}

/** Whether it was written before there were checksums, by what it has beside it: nothing is computed. */
export const isUnchecked = ({ meta: { salt, checksum, inner } }: Pick<Checkable, 'meta'>): boolean =>
  salt === undefined && checksum === undefined && inner === undefined

/** `event` as it is stored, not lifted. */
export const checkOf = (event: Checkable): Check => {
  const { checksum, inner } = event.meta
  if (isUnchecked(event)) return 'unchecked'
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
  salt === undefined ? undefined : innerHash(salt, canonicalJson(data), bodyHash)

const innerOfErased = ({ data, meta: { salt, bodyHash, inner } }: Checkable): string | undefined =>
  data === null && salt === undefined && bodyHash === undefined ? inner : undefined

/** The hash of the command's body tells of the payload as much, so it stands under the salt with it. */
const innerHash = (salt: string, data: string, bodyHash = ''): string => sha256([salt, data, bodyHash])

const checksumOf = ({ id, type, stream, meta }: Checkable, inner: string): string =>
  sha256([id, type, stream, headerOf(meta), inner])

/** What every event has, written out at once; whatever is not so plain takes the long way to the same text. */
const headerOf = (meta: Meta): string => {
  for (const name in meta) if (!inHeader.has(name) && !notInHeader.has(name)) return canonicalJson(meta, notInHeader)
  const { v, at, command, cause, request } = meta
  const isPlain = [command, cause, request].every((text) => text === undefined || plain.test(text))
  if (!isPlain || !Number.isSafeInteger(at) || !Number.isSafeInteger(v)) return canonicalJson(meta, notInHeader)
  const caused = cause === undefined ? '' : `"cause":"${cause}",`
  const asked = request === undefined ? '' : `"request":"${request}",`
  return `{"at":${at},${caused}"command":"${command}",${asked}"v":${v}}`
}

const plain = /^[\w:/.-]*$/
const inHeader: ReadonlySet<string> = new Set(['v', 'at', 'command', 'cause', 'request'])
const notInHeader: ReadonlySet<string> = new Set(['salt', 'checksum', 'inner', 'bodyHash'])

/** Over each text in UTF-8 behind its length, four bytes, the most significant first; unpadded base64url. */
const sha256 = (texts: readonly string[]): string => {
  let most = 0
  for (const text of texts) most += 4 + 3 * text.length
  const bytes = most <= scratch.length ? scratch : Buffer.allocUnsafe(most)
  let at = 0
  for (const text of texts) {
    const size = bytes.write(text, at + 4)
    bytes.writeUInt32BE(size, at)
    at += 4 + size
  }
  return hash('sha256', bytes.subarray(0, at), 'base64url')
}

/** Written and hashed in one go, so one is enough: most events fit. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)
