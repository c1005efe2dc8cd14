/** Vectors of KeyPackages: of each suite that is served, with the private keys that open their Welcomes. */
import { getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls'
import { sealQueueReference } from '#src/client/crypto/sealQueueReference.js'
import { makeKeyPackage, type OwnKeyPackage } from '#src/client/member/ownKeyPackage.js'
import { loadSuite, type Suite } from '#src/client/member/suite.js'
import type { SignatureAlgorithm } from '#src/mls/crypto/servedSuites.js'
import { toHex } from './hex.js'
import { refusedKeyPackages } from './refusedKeyPackages.js'
import { now, withSeed } from './seededRandom.js'
import { type Person, type Town } from './town.js'

const suites: readonly { readonly id: number; readonly name: string; readonly algorithm: SignatureAlgorithm }[] = [
  { id: 1, name: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519', algorithm: 'Ed25519' },
  { id: 2, name: 'MLS_128_DHKEMP256_AES128GCM_SHA256_P256', algorithm: 'P-256' },
  { id: 3, name: 'MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519', algorithm: 'Ed25519' },
  { id: 7, name: 'MLS_256_DHKEMP384_AES256GCM_SHA384_P384', algorithm: 'P-384' },
]

export const keyPackageVectors = async (town: Town) => {
  const keyPackages: Awaited<ReturnType<typeof keyPackageVector>>[] = []
  for (const suite of suites)
    for (const lastResort of [false, true]) keyPackages.push(await keyPackageVector(town, suite, lastResort))
  return {
    description:
      'KeyPackages as MLSMessages (docs/wire.md, Leaves and KeyPackages), one and a last-resort one of each suite. All bytes in hex; private keys are test keys: HPKE keys as RFC 9180 §7.1.2 serialises them. Lifetimes in seconds since 1970; valid at `now`, ms. Their queue references open with the key of queueReferences.json. `refused`: KeyPackages of suite 1 that cannot be published, with the code and the reason of the refusal.',
    now,
    keyPackages,
    refused: await refusedKeyPackages(town),
  }
}

const keyPackageVector = async (town: Town, { id, name, algorithm }: (typeof suites)[number], lastResort: boolean) => {
  const { alice } = town
  const { signer, certificates } = alice.keys[algorithm]
  const made = await withSeed(`KeyPackage of suite ${id}, last resort ${String(lastResort)}`, async () =>
    keyPackageOf(town, alice, { suite: await suiteOf(id, name), algorithm, lastResort }),
  )
  return {
    cipherSuite: id,
    lastResort,
    client: alice.client,
    queue: alice.queue,
    message: toHex(made.message),
    ref: toHex(made.ref),
    notAfter: made.notAfter / 1000,
    signatureKey: toHex(signer.publicKey),
    signaturePrivateKey: toHex(signer.privateKey),
    initPrivateKey: toHex(made.secrets.init),
    encryptionPrivateKey: toHex(made.secrets.encryption),
    certificates: certificates.map(toHex),
  }
}

type Wanted = { readonly suite: Suite; readonly algorithm: SignatureAlgorithm; readonly lastResort: boolean }

export const keyPackageOf = async (
  { domain, sealing }: Town,
  { queue, keys }: Person,
  { suite, algorithm, lastResort }: Wanted,
): Promise<OwnKeyPackage> => {
  const { signer, certificates } = keys[algorithm]
  return makeKeyPackage({
    suite,
    identity: { certificates, signatureSeed: signer.privateKey, signatureKey: signer.publicKey },
    queueReference: await sealQueueReference(queue, { domain, ...sealing }, signer.publicKey),
    lastResort,
    now,
  })
}

/** The SDK's own where it has one: it speaks the suites of Ed25519 keys. */
const suiteOf = (id: number, name: string): Promise<Suite> =>
  id === 1 || id === 3 ? loadSuite(id) : getCiphersuiteImpl(getCiphersuiteFromName(name as Suite['name']))
