/** HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM. */
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes128Gcm(),
})

export type Sealed = { readonly enc: Uint8Array; readonly ciphertext: Uint8Array }

/** `publicKey` is a raw X25519 key. */
export const seal = async (input: {
  readonly publicKey: Uint8Array
  readonly info: string
  readonly aad: Uint8Array
  readonly plaintext: Uint8Array
}): Promise<Sealed> => {
  const recipientPublicKey = await suite.kem.deserializePublicKey(own(input.publicKey))
  const info = own(new TextEncoder().encode(input.info))
  const sender = await suite.createSenderContext({ recipientPublicKey, info })
  const ciphertext = await sender.seal(own(input.plaintext), own(input.aad))
  return { enc: new Uint8Array(sender.enc), ciphertext: new Uint8Array(ciphertext) }
}

/** Undefined when it does not open. */
export const open = async (input: {
  readonly privateKey: Uint8Array
  readonly info: string
  readonly aad: Uint8Array
  readonly sealed: Sealed
}): Promise<Uint8Array | undefined> => {
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(own(input.privateKey))
    const info = own(new TextEncoder().encode(input.info))
    const recipient = await suite.createRecipientContext({ recipientKey, info, enc: own(input.sealed.enc) })
    return new Uint8Array(await recipient.open(own(input.sealed.ciphertext), own(input.aad)))
  } catch {
    return undefined
  }
}

const own = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
