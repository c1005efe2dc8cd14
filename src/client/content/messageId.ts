/** The id by which messages name each other (draft-ietf-mimi-content-08 §3.3): made of the message itself, by whoever reads it. */
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'

declare const brand: unique symbol
/** 32 bytes in base64url: the hash algorithm, and what is left of the hash. */
export type MessageId = string & { readonly [brand]: 'message' }

/** In IANA's registry of named information hash algorithms. */
const sha256Id = 1
const messageIdBytes = 32

const utf8 = new TextEncoder()

/** `sender` and `room` are the ids of the user and the group, as the reader knows them from MLS and not from the message. */
export const messageIdOf = (sender: string, room: string, message: Uint8Array, salt: Uint8Array): MessageId => {
  const hash = sha256.create()
  for (const text of [sender, room]) {
    const bytes = utf8.encode(text)
    hash.update(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff)).update(bytes)
  }
  const output = hash.update(message).update(salt).digest()
  return toBase64url(Uint8Array.of(sha256Id, ...output.subarray(0, messageIdBytes - 1))) as MessageId
}

/** Undefined where it is none, or one of another hash than SHA-256. */
export const parseMessageId = (text: string): MessageId | undefined => {
  const bytes = fromBase64url(text)
  return bytes === undefined ? undefined : messageIdFromBytes(bytes)
}

export const messageIdFromBytes = (bytes: Uint8Array): MessageId | undefined =>
  bytes.length === messageIdBytes && bytes[0] === sha256Id ? (toBase64url(bytes) as MessageId) : undefined

export const bytesOfMessageId = (id: MessageId): Uint8Array => fromBase64url(id) ?? new Uint8Array()
