/** A frank: this server's word, for itself alone, on who sent what a tag stands for, in which group and when (docs/wire.md, Reports). */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { toBase64url } from '../mls/bytes/base64url.js'
import type { GroupId, UserId } from '../mls/wire/ids.js'

/** 32 bytes. It stamps messages from `notBefore` (ms) on, and checks for as long as it is there. `version`: 1 to 255. */
export type FrankKey = { readonly version: number; readonly key: Uint8Array; readonly notBefore: number }

/** `at`: when the message was accepted, ms since 1970. */
export type Franked = {
  readonly tag: Uint8Array
  readonly sender: UserId
  readonly group: GroupId
  readonly at: number
}

/** The version of the key, and an HMAC-SHA256. */
const frankBytes = 1 + 32

export type Franks = {
  /** base64url. */
  readonly stamp: (franked: Franked) => string
  /** In constant time, but for the version, which everybody sees. */
  readonly holds: (frank: Uint8Array, franked: Franked) => boolean
  /** What a user's report of a message is called: the same for the same two, and nothing that the log would explain. 16 bytes, base64url. */
  readonly reportOf: (reporter: UserId, frank: Uint8Array) => string
}

/** `keys`: at least one, oldest first. */
export const franksBy = (keys: readonly FrankKey[]): Franks => {
  const [first] = keys
  if (first === undefined) throw new Error('the keys hold no frank key')
  const stampingAt = (at: number): FrankKey => keys.findLast(({ notBefore }) => notBefore <= at) ?? first
  /** One that is not there checks like any other, and nothing holds. */
  const versioned = (frank: Uint8Array): FrankKey | undefined => keys.find(({ version }) => version === frank[0])
  return {
    stamp: (franked) => {
      const { version, key } = stampingAt(franked.at)
      return toBase64url(Uint8Array.of(version, ...macOf(key, partsOf(franked))))
    },
    holds: (frank, franked) => {
      if (frank.length !== frankBytes) return false
      const known = versioned(frank)
      const fits = timingSafeEqual(frank.subarray(1), macOf((known ?? first).key, partsOf(franked)))
      return fits && known !== undefined
    },
    reportOf: (reporter, frank) => {
      const parts = [utf8.encode('report'), utf8.encode(reporter), frank]
      return toBase64url(macOf((versioned(frank) ?? first).key, parts).subarray(0, 16))
    },
  }
}

const saltBytes = 16

/** Whether the tag stands for the content under the salt; in constant time, but for lengths. */
export const isTagOf = (tag: Uint8Array, salt: Uint8Array, content: Uint8Array): boolean => {
  const made = createHmac('sha256', salt).update(content).digest()
  return salt.length === saltBytes && tag.length === made.length && timingSafeEqual(tag, made)
}

const utf8 = new TextEncoder()

const partsOf = ({ tag, sender, group, at }: Franked): readonly Uint8Array[] => {
  const time = new Uint8Array(8)
  new DataView(time.buffer).setBigUint64(0, BigInt(at))
  return [tag, utf8.encode(sender), utf8.encode(group), time]
}

const macOf = (key: Uint8Array, parts: readonly Uint8Array[]): Buffer =>
  createHmac('sha256', key).update(listOf(parts)).digest()

/** Each part behind its length, a uint16: no two lists are the same bytes. In one piece, since a call of the HMAC costs more than the bytes. */
const listOf = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + 2 + length, 0))
  let at = 0
  for (const part of parts) {
    bytes[at] = part.length >> 8
    bytes[at + 1] = part.length & 0xff
    bytes.set(part, at + 2)
    at += 2 + part.length
  }
  return bytes
}
