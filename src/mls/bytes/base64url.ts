/** Bytes as unpadded base64url (RFC 4648 §5) and back, strictly, in Node and in browsers. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const valueOf = new Int8Array(128).fill(-1)
for (let index = 0; index < alphabet.length; index++) valueOf[alphabet.charCodeAt(index)] = index

/** Node's Buffer where there is one (ten times faster); browsers take the portable way. */
const native: typeof Buffer | undefined = (globalThis as { Buffer?: typeof Buffer }).Buffer

export const toBase64url = (bytes: Uint8Array): string =>
  native === undefined
    ? encodePortably(bytes)
    : native.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')

/** The bytes, or undefined when the text is not canonical unpadded base64url. */
export const fromBase64url = (text: string): Uint8Array | undefined => {
  const bytes = native === undefined ? decodePortably(text) : new Uint8Array(native.from(text, 'base64url'))
  return bytes !== undefined && toBase64url(bytes) === text ? bytes : undefined
}

const encodePortably = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const chunk = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const characters = Math.min(bytes.length - at, 3) + 1
    for (let n = 0; n < characters; n++) text += alphabet.charAt((chunk >> (18 - 6 * n)) & 63)
  }
  return text
}

const decodePortably = (text: string): Uint8Array | undefined => {
  if (text.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (let index = 0; index < text.length; index++) {
    const value = valueOf[text.charCodeAt(index)] ?? -1
    if (value < 0) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (held >> bits) & 255
    }
  }
  return bytes
}
