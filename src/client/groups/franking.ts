/** What lets a message be reported: a tag beside it that its content explains, and the homeserver's frank on it (docs/wire.md, Reports). */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { equalBytes } from '../../mls/bytes/bytes.js'
import { authenticatedDataWith, tagIn } from '../../mls/wire/frankingTag.js'
import { saltOf } from '../content/mimiContent.js'

/**
 * Why a message cannot be reported: its sender's client put no tag beside it; the tag is none of what it says, so that a report
 * would come to nothing (no honest client makes such a message); the homeserver gave it no frank.
 */
export type Unreportable = 'noTag' | 'tagDoesNotFit' | 'noFrank'

/** As it is kept with a message that came. `frank`: base64url. */
export type Franking = { readonly frank: string } | { readonly unreportable: Unreportable }

const frankBytes = 33

/** The authenticated data of a content; empty where it is none, and has no salt. */
export const tagged = (content: Uint8Array): Uint8Array => {
  const tag = tagOf(content)
  return tag === undefined ? new Uint8Array() : authenticatedDataWith(tag)
}

/** What an application said, and not the SDK: nothing stands beside it, or a tag. */
export const isContent = (authenticatedData: Uint8Array): boolean =>
  authenticatedData.length === 0 || tagIn(authenticatedData) !== undefined

/** Of a message that came. `frank`: as the homeserver claims it. */
export const frankingOf = (authenticatedData: Uint8Array, content: Uint8Array, frank: unknown): Franking => {
  const tag = tagIn(authenticatedData)
  if (tag === undefined) return { unreportable: 'noTag' }
  const made = tagOf(content)
  if (made === undefined || !equalBytes(tag, made)) return { unreportable: 'tagDoesNotFit' }
  return typeof frank === 'string' && fromBase64url(frank)?.length === frankBytes
    ? { frank }
    : { unreportable: 'noFrank' }
}

export const tagOf = (content: Uint8Array): Uint8Array | undefined => {
  const salt = saltOf(content)
  return salt === undefined ? undefined : hmac(sha256, salt, content)
}
