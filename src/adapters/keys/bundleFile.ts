/** A bundle as text: JSON, bytes in base64url. What earlier builds wrote is read; what they know is written as they did. */
import { z } from 'zod'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { Written } from './bundle.js'

const bytes = z.string().transform((text, context) => {
  const decoded = fromBase64url(text)
  if (decoded !== undefined) return decoded
  context.addIssue('not base64url')
  return z.NEVER
})
const time = z.number().int()
const secret = bytes.refine((key) => key.length === 32, 'not 32 bytes')
const later = z.strictObject({ key: secret, made: time })

const schema = z.strictObject({
  version: z.literal(1),
  domain: z.string(),
  rootCertificate: bytes,
  intermediateCertificate: bytes,
  intermediatePrivateKey: bytes,
  tokenKey: bytes,
  handleKey: bytes,
  sealingKeys: z
    .array(z.strictObject({ id: z.string(), publicKey: bytes, privateKey: bytes, made: time.optional() }))
    .min(1),
  vapidKeys: z.array(z.union([secret, later])).optional(),
  // Bundles of earlier builds have none.
  federationKeys: z
    .array(z.strictObject({ id: z.string(), publicKey: bytes, privateKey: bytes, notBefore: time, notAfter: time }))
    .default([]),
  tokenKeys: z.array(later).optional(),
  intermediates: z
    .array(z.strictObject({ certificate: bytes, privateKey: bytes, root: z.number().int().nonnegative() }))
    .optional(),
  frankKeys: z
    .array(z.strictObject({ version: z.number().int().min(2).max(255), key: secret, notBefore: time }))
    .optional(),
  successions: z.array(z.strictObject({ from: bytes, to: bytes, signature: bytes })).optional(),
})

export const writeBundle = (written: Written): string =>
  `${JSON.stringify({ version: 1, ...written }, writeBytes, 2)}\n`

const writeBytes = (_name: string, value: unknown): unknown =>
  value instanceof Uint8Array ? toBase64url(value) : value

/** Throws an Error that says in one line what is wrong, and never what it read. */
export const readBundle = (text: string): Written => {
  const parsed = schema.safeParse(jsonIn(text))
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => path.join('.'))
    throw new Error(`the key bundle is damaged: ${[...new Set(fields)].join(', ')}`)
  }
  const { version: _version, ...written } = parsed.data
  return written
}

/** The parser's own error would repeat a part of what it read. */
const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the key bundle is damaged: not JSON')
  }
}
