/** What follows from the 32 bytes of an asset: the keys of its chunks, and the capability that fetches it (docs/wire.md, Assets). */

export const assetKeyBytes = 32

export type AssetKeys = {
  readonly encryption: CryptoKey
  readonly nonce: CryptoKey
  /** What a download shows the homeserver, which knows its SHA-256 alone. */
  readonly capability: Uint8Array
}

/** HKDF-SHA256 (RFC 5869) without a salt, a label for each. */
export const assetKeysOf = async (key: Uint8Array): Promise<AssetKeys> => {
  if (key.length !== assetKeyBytes)
    throw new TypeError(`the key of an asset has ${assetKeyBytes} bytes, not ${key.length}`)
  const secret = await crypto.subtle.importKey('raw', new Uint8Array(key), 'HKDF', false, ['deriveBits'])
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  return {
    encryption: await crypto.subtle.importKey('raw', await derive(secret, 'encryption'), 'AES-GCM', false, [
      'encrypt',
      'decrypt',
    ]),
    nonce: await crypto.subtle.importKey('raw', await derive(secret, 'nonce'), hmac, false, ['sign']),
    capability: new Uint8Array(await derive(secret, 'capability')),
  }
}

const derive = (secret: CryptoKey, what: string): Promise<ArrayBuffer> => {
  const info = new TextEncoder().encode(`mls-homeserver asset ${what} 1`)
  return crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }, secret, 256)
}
