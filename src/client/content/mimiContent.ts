/** The container of application content, as it is encrypted: draft-ietf-mimi-content-08, whole. */
import { decodeCbor, encodeCbor } from './cbor.js'
import { type Extensions, extensionsIn } from './extensions.js'
import { arrayIn, bytesIn, messageIdIn, uintIn } from './fields.js'
import { Malformed } from './malformed.js'
import { bytesOfMessageId, type MessageId } from './messageId.js'
import { type NestedPart, partFromFields, partToFields } from './nestedPart.js'

export type MimiContent = {
  readonly salt: Uint8Array
  /** The first version of the message that this one changes. */
  readonly replaces: MessageId | undefined
  /** Messages with the same one belong together; empty for none. */
  readonly topic: Uint8Array
  readonly expires: Expiration | undefined
  readonly inReplyTo: MessageId | undefined
  readonly extensions: Extensions
  readonly body: NestedPart
}

/** When to forget the message: so long after it was read, or at a time (seconds since 1970). */
export type Expiration = { readonly relative: boolean; readonly seconds: number }

export const saltBytes = 16
const fieldCount = 7
const topicBytesMax = 4096

export const encodeContent = (content: MimiContent): Uint8Array =>
  encodeCbor([
    content.salt,
    idOrNull(content.replaces),
    content.topic,
    content.expires === undefined ? null : [content.expires.relative, content.expires.seconds],
    idOrNull(content.inReplyTo),
    content.extensions,
    partToFields(content.body),
  ])

const idOrNull = (id: MessageId | undefined): Uint8Array | null => (id === undefined ? null : bytesOfMessageId(id))

/** Throws Malformed. */
export const decodeContent = (bytes: Uint8Array): MimiContent => {
  const fields = arrayIn(decodeCbor(bytes), 'content')
  if (fields.length !== fieldCount) throw new Malformed(`${fields.length} fields instead of ${fieldCount}`)
  return {
    salt: saltIn(fields[0]),
    replaces: nullOr(fields[1], (value) => messageIdIn(value, 'replaces')),
    topic: topicIn(fields[2]),
    expires: nullOr(fields[3], expirationIn),
    inReplyTo: nullOr(fields[4], (value) => messageIdIn(value, 'inReplyTo')),
    extensions: extensionsIn(fields[5]),
    body: partFromFields(fields[6]),
  }
}

/** An array of seven that begins with the salt: the first byte alone is none that UTF-8 text can begin with. */
export const looksLikeContent = (bytes: Uint8Array): boolean => bytes[0] === 0x87

/** The salt where it stands in every content, so that one which cannot be read has its id all the same. */
export const saltOf = (bytes: Uint8Array): Uint8Array | undefined =>
  looksLikeContent(bytes) && bytes[1] === 0x50 && bytes.length >= 2 + saltBytes
    ? bytes.slice(2, 2 + saltBytes)
    : undefined

const nullOr = <T>(value: unknown, read: (value: unknown) => T): T | undefined =>
  value === null ? undefined : read(value)

const saltIn = (value: unknown): Uint8Array => {
  const salt = bytesIn(value, 'salt')
  if (salt.length !== saltBytes) throw new Malformed(`a salt of ${salt.length} bytes instead of ${saltBytes}`)
  return salt
}

const topicIn = (value: unknown): Uint8Array => {
  const topic = bytesIn(value, 'topicId')
  if (topic.length > topicBytesMax) throw new Malformed(`a topicId of more than ${topicBytesMax} bytes`)
  return topic
}

const expirationIn = (value: unknown): Expiration => {
  const [relative, seconds, ...rest] = arrayIn(value, 'expires')
  if (typeof relative !== 'boolean' || rest.length > 0) throw new Malformed('expires: expected [bool, seconds]')
  return { relative, seconds: uintIn(seconds, 0xffffffff, 'expires') }
}
