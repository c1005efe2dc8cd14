/** What a report needs beside the draft's struct: an extension of ours, JSON in UTF-8. */
import { z } from 'zod'
import { bytes } from '../events/form/fields.js'
import { fromBase64url, toBase64url } from '../mls/bytes/base64url.js'
import type { AppDataDictionary, ComponentData } from './wire/appDataDictionary.js'

/** Of the range for private use. */
const componentId = 0xf0c4

/** `fact`: the id of the message at the hub. `salt`: the key of the tag. `tag`: what stood beside the message. */
export type ReportProof = { readonly fact: string; readonly salt: Uint8Array; readonly tag: Uint8Array }

const proof = z.object({
  fact: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  salt: bytes.max(64),
  tag: bytes.max(128),
})

export const reportExtension = ({ fact, salt, tag }: ReportProof): ComponentData => ({
  componentId,
  data: new TextEncoder().encode(JSON.stringify({ fact, salt: toBase64url(salt), tag: toBase64url(tag) })),
})

/** Undefined where there is none, or none that can be read. */
export const proofIn = (extensions: AppDataDictionary): ReportProof | undefined => {
  const data = extensions.find((one) => one.componentId === componentId)?.data
  const read = data === undefined ? undefined : proof.safeParse(jsonIn(data)).data
  if (read === undefined) return undefined
  const [salt, tag] = [fromBase64url(read.salt), fromBase64url(read.tag)]
  return salt === undefined || tag === undefined ? undefined : { fact: read.fact, salt, tag }
}

const jsonIn = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data))
  } catch {
    return undefined
  }
}
