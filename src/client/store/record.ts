/** Records as bytes for the store: JSON in which Uint8Arrays and bigints are marked. */
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'

export const encodeRecord = (record: object): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify(record, (_name, value: unknown) => {
      if (value instanceof Uint8Array) return { $bytes: toBase64url(value) }
      return typeof value === 'bigint' ? { $integer: String(value) } : value
    }),
  )

/** What this same code once encoded; the type is the caller's word. */
export const decodeRecord = (bytes: Uint8Array): unknown =>
  JSON.parse(new TextDecoder().decode(bytes), (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$bytes' in value && typeof value.$bytes === 'string') return fromBase64url(value.$bytes)
    return '$integer' in value && typeof value.$integer === 'string' ? BigInt(value.$integer) : value
  })
