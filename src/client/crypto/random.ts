/** Randomness for keys and ids. */
import { toBase64url } from '../../mls/bytes/base64url.js'

export const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count))

/** 128 random bits as text: Idempotency-Keys, jti. */
export const randomId = (): string => toBase64url(randomBytes(16))
