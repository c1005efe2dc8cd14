/** Words about a person in facts: AES-256-GCM under the subject's key, base64url(nonce ‖ ciphertext ‖ tag). */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { UserId } from '../../mls/wire/ids.js'

export const nonceBytes = 12
const tagBytes = 16
const algorithm = 'aes-256-gcm'

/** Whose words they are, and which: another person's, or another field's, do not open in their place. */
export type Subject = { readonly user: UserId; readonly field: 'handle' | 'evidence' | 'note' }

/** `key` has 32 bytes; `nonce` 12, never used twice with it. */
export const encryptUnderSubjectKey = (key: Uint8Array, nonce: Uint8Array, subject: Subject, text: string): string => {
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(aadOf(subject))
  return toBase64url(Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]))
}

/** The words, or undefined when they are not this subject's under this key. */
export const decryptUnderSubjectKey = (key: Uint8Array, subject: Subject, encrypted: string): string | undefined => {
  const bytes = fromBase64url(encrypted)
  if (bytes === undefined || bytes.length < nonceBytes + tagBytes) return undefined
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(aadOf(subject))
    .setAuthTag(bytes.subarray(-tagBytes))
  try {
    const words = bytes.subarray(nonceBytes, -tagBytes)
    return Buffer.concat([decipher.update(words), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

const aadOf = ({ user, field }: Subject): Uint8Array => new TextEncoder().encode(`${user}\n${field}`)
