/** Vectors of the queue reference: sealed with a known one-time key, to a known recipient. */
import { DhkemX25519HkdfSha256 } from '@hpke/core'
import { sealQueueReference } from '#src/client/crypto/sealQueueReference.js'
import { decodeQueueReference, queueReferenceInfo } from '#src/mls/wire/queueReferenceCodec.js'
import { valueOf } from '#src/mls/bytes/refusal.js'
import { toHex, utf8 } from './hex.js'
import { seededIkm, withSeed } from './seededRandom.js'
import type { Person, Town } from './town.js'

export const queueReferenceVectors = async (town: Town) => ({
  description:
    'The leaf extension 0xF0C1 (docs/wire.md, Queue reference). All bytes in hex; the recipient key of the homeserver and the one-time key are test keys. `extension` is the whole extension_data.',
  recipient: {
    keyId: toHex(town.sealing.keyId),
    privateKey: toHex(town.sealing.privateKey),
    publicKey: toHex(town.sealing.publicKey),
  },
  references: [await referenceVector(town, town.alice), await referenceVector(town, town.bob)],
})

const referenceVector = async ({ domain, sealing }: Town, { name, queue, keys }: Person) => {
  const seed = `queue reference of ${name}`
  const { publicKey: signatureKey } = keys.Ed25519.signer
  const extension = await withSeed(seed, () => sealQueueReference(queue, { domain, ...sealing }, signatureKey))
  const { enc, ciphertext } = valueOf(decodeQueueReference(extension))
  return {
    queue,
    domain,
    signatureKey: toHex(signatureKey),
    info: toHex(utf8(queueReferenceInfo)),
    aad: toHex(signatureKey),
    plaintext: toHex(utf8(queue)),
    ephemeralPrivateKey: toHex(await oneTimeKey(seed, sealing.publicKey)),
    enc: toHex(enc),
    ciphertext: toHex(ciphertext),
    extension: toHex(extension),
  }
}

const oneTimeKey = async (seed: string, recipient: Uint8Array): Promise<Uint8Array> => {
  const kem = new DhkemX25519HkdfSha256()
  const { privateKey } = await kem.deriveKeyPair(new Uint8Array(seededIkm(seed, recipient)).buffer)
  return new Uint8Array(await kem.serializePrivateKey(privateKey))
}
