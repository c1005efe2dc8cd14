/** The evidence of a report, sealed: what was said is its speaker's, and erased with it. */
import { z } from 'zod'
import { decryptUnderSubjectKey, encryptUnderSubjectKey, nonceBytes } from '../../events/form/underSubjectKey.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { Random } from '../../ports/random.js'

/** `at`: when the message was accepted, ms. */
export type Evidence = {
  readonly content: Uint8Array
  readonly salt: Uint8Array
  readonly tag: Uint8Array
  readonly frank: Uint8Array
  readonly at: number
}

/** As it stands under the seal, and as operators are shown it: bytes in base64url. */
const written = z.object({ content: z.string(), salt: z.string(), tag: z.string(), frank: z.string(), at: z.number() })
export type WrittenEvidence = z.infer<typeof written>

/** How long a message was would lead to it: evidence has whole steps of so many bytes. */
const stepBytes = 4096

type Seal = { readonly key: Uint8Array; readonly keeper: UserId }

/** The bytes of the blob. */
export const sealEvidence = ({ key, keeper }: Seal, evidence: Evidence, random: Random): Uint8Array => {
  const { content, salt, tag, frank, at } = evidence
  const json = JSON.stringify({
    content: toBase64url(content),
    salt: toBase64url(salt),
    tag: toBase64url(tag),
    frank: toBase64url(frank),
    at,
  } satisfies WrittenEvidence)
  const padded = json.padEnd(Math.ceil(json.length / stepBytes) * stepBytes)
  const sealed = encryptUnderSubjectKey(key, random.bytes(nonceBytes), { user: keeper, field: 'evidence' }, padded)
  return new TextEncoder().encode(sealed)
}

/** Undefined where they are no evidence of this keeper's under this key. */
export const openEvidence = ({ key, keeper }: Seal, blob: Uint8Array): WrittenEvidence | undefined => {
  const text = decryptUnderSubjectKey(key, { user: keeper, field: 'evidence' }, new TextDecoder().decode(blob))
  return text === undefined ? undefined : written.parse(JSON.parse(text))
}
