/** Ed25519 for messages between servers (RFC 9421 §3.3.6): the key that signs, and the check by a public key's bytes. */
import { createPrivateKey, sign } from 'node:crypto'
import { nodeCrypto } from '../../mls/crypto/nodeCrypto.js'
import { signatureSchemes } from '../../mls/crypto/signatureScheme.js'

export type SigningKey = { readonly id: string; readonly sign: (content: Uint8Array) => Uint8Array }

/** `privateKey`: PKCS#8 DER. */
export const signingKeyOf = ({
  id,
  privateKey,
}: {
  readonly id: string
  readonly privateKey: Uint8Array
}): SigningKey => {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  return { id, sign: (content) => new Uint8Array(sign(undefined, content, key)) }
}

/** False for what is no key as well. `publicKey`: 32 raw bytes; imported once as long as the array lives. */
export const verifyWith = (publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean =>
  nodeCrypto.verify({ scheme: signatureSchemes.Ed25519, hash: undefined, key: publicKey, content, signature })
