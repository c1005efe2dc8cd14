/** KeyPackages that cannot be published, one for each thing that can be wrong with them, and what the homeserver says of it. */
import { createPrivateKey } from 'node:crypto'
import { x25519 } from '@noble/curves/ed25519.js'
import { sealQueueReference } from '#src/client/crypto/sealQueueReference.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { cipherSuite } from '#src/mls/crypto/cipherSuite.js'
import type { LeafNode } from '#src/mls/wire/leafNode.js'
import type { Extension } from '#src/mls/wire/extension.js'
import { forgeKeyPackage, type Forger, forger, keyPackageMessage } from '../../mls/forge.js'
import { toHex } from './hex.js'
import { now, seededBytes, withSeed } from './seededRandom.js'
import type { Person, Town } from './town.js'

type ChangeLeaf = NonNullable<Parameters<typeof forgeKeyPackage>[2]>
type Change = NonNullable<Parameters<typeof forgeKeyPackage>[1]>
type Refused = {
  readonly wrong: string
  readonly code: 'invalid-leaf' | 'invalid-key-package'
  readonly reason: string
  readonly leaf?: ChangeLeaf
  readonly change?: Change
}

export const refusedKeyPackages = async (town: Town) => {
  const [own, others] = [await referenceOf(town, town.alice), await referenceOf(town, town.bob)]
  const from = signingAs(town.alice, [own])
  return refusals(town, others).map(({ wrong, code, reason, leaf, change }, at) => {
    const keyPackage = forgeKeyPackage(
      from,
      (made) => (change ?? same)({ ...made, initKey: hpkeKey(`init ${at}`) }),
      (made) => (leaf ?? same)({ ...made, encryptionKey: hpkeKey(`encryption ${at}`) }),
    )
    return { wrong, code, reason, message: toHex(keyPackageMessage(keyPackage)) }
  })
}

const same = <T>(value: T): T => value

const refusals = ({ bob }: Town, othersReference: Extension): readonly Refused[] => {
  const invalidLeaf = (reason: string, wrong: string, leaf: ChangeLeaf): Refused => ({
    wrong,
    code: 'invalid-leaf',
    reason,
    leaf,
  })
  const invalid = (reason: string, wrong: string, change: Change): Refused => ({
    wrong,
    code: 'invalid-key-package',
    reason,
    change,
  })
  const lacking =
    (list: 'cipherSuites' | 'extensions' | 'credentials'): ChangeLeaf =>
    (made) => ({ ...made, capabilities: { ...made.capabilities, [list]: [] } })
  const living =
    (from: number, to: number): ChangeLeaf =>
    (made) => ({ ...made, source: lifetime(from, to) })
  return [
    invalidLeaf('queueReference', 'no queue reference', (made) => ({ ...made, extensions: [] })),
    invalidLeaf('queueReference', 'a queue reference that was sealed for another signature key', (made) => ({
      ...made,
      extensions: [othersReference],
    })),
    invalidLeaf('unlistedExtension', 'capabilities without extension 0xF0C1', lacking('extensions')),
    invalidLeaf('cipherSuites', 'capabilities without the suite', lacking('cipherSuites')),
    invalidLeaf('credentialType', 'capabilities without credential x509', lacking('credentials')),
    invalidLeaf('lifetimeTooLong', 'a lifetime of 91 days', living(-1, 90)),
    invalidLeaf('lifetime', 'a lifetime that is over', living(-30, -1)),
    invalidLeaf('encryptionKey', 'an encryption key of small order', (made) => ({
      ...made,
      encryptionKey: new Uint8Array(32),
    })),
    invalidLeaf('credentialKey', 'a certificate of another key', (made) => ({
      ...made,
      credential: credentialOf(bob),
    })),
    invalid('initKey', 'an init key that is the encryption key', (made) => ({
      ...made,
      initKey: made.leafNode.encryptionKey,
    })),
    invalid('lastResort', 'a last-resort extension that is not empty', (made) => ({
      ...made,
      extensions: [{ type: 0x000a, data: Uint8Array.of(1) }],
    })),
    {
      ...invalid('signature', 'a leaf that was not signed', (made) => ({
        ...made,
        leafNode: { ...made.leafNode, signature: new Uint8Array(64) },
      })),
      code: 'invalid-leaf',
    },
  ]
}

const dayS = 24 * 3600
const lifetime = (fromDay: number, toDay: number): Extract<LeafNode['source'], { type: 'keyPackage' }> => ({
  type: 'keyPackage',
  notBefore: BigInt(now / 1000 + fromDay * dayS),
  notAfter: BigInt(now / 1000 + toDay * dayS),
})

const hpkeKey = (seed: string): Uint8Array => x25519.getPublicKey(seededBytes(`refused KeyPackage, ${seed}`, 32))

const credentialOf = ({ keys }: Person) => ({ type: 'x509', certificates: keys.Ed25519.certificates }) as const

const referenceOf = async ({ domain, sealing }: Town, { name, queue, keys }: Person): Promise<Extension> => ({
  type: 0xf0c1,
  data: await withSeed(`reference of ${name} in refused KeyPackages`, () =>
    sealQueueReference(queue, { domain, ...sealing }, keys.Ed25519.signer.publicKey),
  ),
})

const signingAs = (person: Person, extensions: readonly Extension[]): Forger => {
  const { privateKey, publicKey } = person.keys.Ed25519.signer
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64url(publicKey), d: toBase64url(privateKey) }
  return forger(person.name, {
    suite: cipherSuite(1),
    signatureKey: publicKey,
    privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
    credential: credentialOf(person),
    capabilities: { versions: [1], cipherSuites: [1], extensions: [0xf0c1], proposals: [], credentials: [2] },
    extensions,
    lifetime: lifetime(-1, 30),
  })
}
