/** EncryptWithLabel (RFC 9420 §5.1.3) by the HPKE of the suites that are served here. */
import {
  Aes128Gcm,
  Aes256Gcm,
  CipherSuite,
  DhkemP256HkdfSha256,
  DhkemP384HkdfSha384,
  DhkemX25519HkdfSha256,
  HkdfSha256,
  HkdfSha384,
} from '@hpke/core'
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { signContent } from '../mls/crypto/labels.js'
import type { HpkeCiphertext } from '../mls/wire/hpkeCiphertext.js'

/** By their numbers (RFC 9420 §17.1). */
const suites: ReadonlyMap<number, () => CipherSuite> = new Map([
  [1, () => new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })],
  [2, () => new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })],
  [3, () => new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() })],
  [7, () => new CipherSuite({ kem: new DhkemP384HkdfSha384(), kdf: new HkdfSha384(), aead: new Aes256Gcm() })],
])

export type Encrypting = {
  readonly cipherSuite: number
  readonly publicKey: Uint8Array
  readonly label: string
  readonly context: Uint8Array
  readonly plaintext: Uint8Array
}

/** Undefined where the suite is none of ours, or the key none of the suite's. */
export const encryptWithLabel = async (asked: Encrypting): Promise<HpkeCiphertext | undefined> => {
  const suite = suites.get(asked.cipherSuite)?.()
  if (suite === undefined) return undefined
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(own(asked.publicKey))
    const sender = await suite.createSenderContext({
      recipientPublicKey,
      info: own(signContent(asked.label, asked.context)),
    })
    const ciphertext = await sender.seal(own(asked.plaintext))
    return { kemOutput: new Uint8Array(sender.enc), ciphertext: new Uint8Array(ciphertext) }
  } catch {
    return undefined
  }
}

const own = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
