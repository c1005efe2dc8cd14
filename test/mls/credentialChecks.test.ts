/** What is refused of credentials and queue references; each test is named after the refusal. */
import { expect } from 'chai'
import type { Credential } from '#src/mls/wire/credential.js'
import { hpkeSeal, importX25519PrivateKey, rawX25519PublicKey } from '#src/mls/crypto/hpke.js'
import { clientKeyOf, identityOf } from '#src/mls/group/identity.js'
import { type Domain, makeId, parseDomain } from '#src/mls/wire/ids.js'
import {
  openingOnce,
  openQueueReference,
  queueReferenceCheck,
  sealQueueReference,
} from '#src/mls/group/queueReference.js'
import { decodeQueueReference, encodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import { newVerifiedChains, verifyCredential } from '#src/mls/group/verifyCredential.js'
import type { VerifiedChains } from '#src/mls/group/verifyCredential.js'
import {
  authority,
  criticalUnknown,
  type Issued,
  issue,
  names,
  otherName,
  p256,
  rawPublicKey,
  signingKeys,
  type SigningKeys,
} from './certificates.js'
import { ascii, forgeLeaf, forger, none, random, validLifetime } from './forge.js'
import { accepted, refusalOf } from './vectors.js'

const domain = parseDomain('example.org')!
const elsewhere = parseDomain('elsewhere.org')!
const user = makeId('user', domain, random(16))
const client = makeId('client', domain, random(16))
const now = Date.parse('2027-01-01')

let root: Issued
let intermediate: Issued
let keys: SigningKeys
let signatureKey: Uint8Array

before(async () => {
  root = await issue({ subject: 'CN=root', extensions: authority() })
  intermediate = await issue({ subject: 'CN=intermediate', issuer: root, extensions: authority(0) })
  keys = await signingKeys()
  signatureKey = await rawPublicKey(keys)
})

const chain = (leaf: Issued, ...more: Issued[]): Credential => ({
  type: 'x509',
  certificates: [leaf.der, ...(more.length > 0 ? more : [intermediate]).map(({ der }) => der)],
})
const trust = (of: Domain) => (of === domain ? [root.der] : [])
const issued = (changes: Partial<Parameters<typeof issue>[0]> = {}): Promise<Issued> =>
  issue({ subject: 'CN=client', issuer: intermediate, keys, extensions: [names(user, client)], ...changes })
const refused = (credential: Credential, key = signatureKey): string =>
  refusalOf(verifyCredential(credential, key, trust, now))

describe('a credential is accepted', () => {
  it('as a chain to the root of its domain, and tells whom it names', async () => {
    const leaf = await issued({ notAfter: new Date('2030-01-01') })
    const identity = accepted(verifyCredential(chain(leaf), signatureKey, trust, now))
    expect(identity).to.deep.equal({ user, client, domain, notAfter: Date.parse('2030-01-01') })
    expect(identityOf(chain(leaf))).to.deep.equal({ user, client, domain })
    expect(clientKeyOf(chain(leaf))).to.equal(client)
  })

  it('with the names in the other order', async () => {
    accepted(verifyCredential(chain(await issued({ extensions: [names(client, user)] })), signatureKey, trust, now))
  })

  it('after its end: expiry acts by removal, not by refusing', async () => {
    const leaf = await issued({ notAfter: new Date('2026-06-01') })
    expect(accepted(verifyCredential(chain(leaf), signatureKey, trust, now)).notAfter).to.equal(
      Date.parse('2026-06-01'),
    )
  })

  it('with an ECDSA key under an ECDSA authority', async () => {
    const authorityKeys = await signingKeys(p256)
    const ecRoot = await issue({
      subject: 'CN=ec root',
      keys: authorityKeys,
      signatureAlgorithm: p256,
      extensions: authority(),
    })
    const middle = await issue({
      subject: 'CN=ec',
      issuer: ecRoot,
      keys: await signingKeys(p256),
      signatureAlgorithm: p256,
      extensions: authority(0),
    })
    const ecKeys = await signingKeys(p256)
    const leaf = await issued({ issuer: middle, keys: ecKeys, signatureAlgorithm: p256 })
    const key = await rawPublicKey(ecKeys)
    accepted(verifyCredential(chain(leaf, middle), key, () => [ecRoot.der], now))
    expect(refusalOf(verifyCredential(chain(leaf, middle), key, () => [root.der], now))).to.equal(
      'invalid-leaf credentialRoot',
    )
  })
})

describe('a policy that remembers verified chains', () => {
  it('verifies each chain and each issuer once, and remembers none that it refuses', async () => {
    const verified = newVerifiedChains(10, 10)
    const remembered: string[] = []
    const counting: VerifiedChains = {
      chains: {
        ...verified.chains,
        set: (digest, value) => {
          remembered.push('chain')
          verified.chains.set(digest, value)
        },
      },
      issuers: {
        ...verified.issuers,
        set: (digest, value) => {
          remembered.push('issuer')
          verified.issuers.set(digest, value)
        },
      },
    }
    const [one, other] = [chain(await issued()), chain(await issued({ notAfter: new Date('2030-01-01') }))]
    const impostor = await issue({ subject: 'CN=intermediate', issuer: root, extensions: authority(0) })
    const check = (credential: Credential) => verifyCredential(credential, signatureKey, trust, now, counting)
    const first = accepted(check(one))
    expect(accepted(check(one))).to.deep.equal(first)
    accepted(check(other))
    expect(remembered.splice(0)).to.deep.equal(['issuer', 'chain', 'chain'])
    expect(refusalOf(check(chain(await issued({ issuer: impostor }))))).to.equal('invalid-leaf credentialSignature')
    expect(refusalOf(verifyCredential(one, signatureKey, () => [], now, counting))).to.equal(
      'invalid-leaf credentialRoot',
    )
    expect(remembered).to.deep.equal([])
  })
})

describe('a credential is refused', () => {
  it('invalid-leaf credentialChain: basic, or not exactly [client, intermediate]', async () => {
    const leaf = await issued()
    expect(refused({ type: 'basic', identity: ascii(client) })).to.equal('invalid-leaf credentialChain')
    expect(refused({ type: 'x509', certificates: [leaf.der] })).to.equal('invalid-leaf credentialChain')
    expect(refused(chain(leaf, intermediate, root))).to.equal('invalid-leaf credentialChain')
  })

  it('invalid-leaf credentialIdentity: not exactly one user and one client of one domain', async () => {
    const foreign = makeId('client', elsewhere, random(16))
    const lists = [[], [user], [client], [user, user], [user, client, client], [user, foreign], [user, 'mimi://x']]
    for (const uris of lists) {
      const leaf = await issued({ extensions: uris.length > 0 ? [names(...uris)] : [] })
      expect(refused(chain(leaf))).to.equal('invalid-leaf credentialIdentity')
    }
    const leaf = await issued({ extensions: [otherName('example.org', user, client)] })
    expect(refused(chain(leaf))).to.equal('invalid-leaf credentialIdentity')
  })

  it("invalid-leaf credentialKey: the certificate of another's key", async () => {
    expect(refused(chain(await issued()), random(32))).to.equal('invalid-leaf credentialKey')
  })

  it('invalid-leaf credentialSignature: self-made, or by another intermediate of the same name', async () => {
    const impostor = await issue({ subject: 'CN=intermediate', issuer: root, extensions: authority(0) })
    expect(refused(chain(await issued({ issuer: impostor })))).to.equal('invalid-leaf credentialSignature')
    const selfMade = await issue({ subject: 'CN=intermediate', keys, extensions: [names(user, client)] })
    expect(refused(chain(selfMade))).to.equal('invalid-leaf credentialSignature')
  })

  it('invalid-leaf credentialRoot: an intermediate that no root of the domain signed', async () => {
    const otherRoot = await issue({ subject: 'CN=root', extensions: authority() })
    const other = await issue({ subject: 'CN=intermediate', issuer: otherRoot, extensions: authority(0) })
    expect(refused(chain(await issued({ issuer: other }), other))).to.equal('invalid-leaf credentialRoot')
    const foreign = [names(makeId('user', elsewhere, random(16)), makeId('client', elsewhere, random(16)))]
    expect(refused(chain(await issued({ extensions: foreign })))).to.equal('invalid-leaf credentialRoot')
  })

  it('invalid-leaf credentialRoot: an intermediate under a root that may have none', async () => {
    const last = await issue({ subject: 'CN=last', extensions: authority(0) })
    const below = await issue({ subject: 'CN=intermediate', issuer: last, extensions: authority(0) })
    const leaf = await issued({ issuer: below })
    expect(refusalOf(verifyCredential(chain(leaf, below), signatureKey, () => [last.der], now))).to.equal(
      'invalid-leaf credentialRoot',
    )
  })

  it('invalid-leaf credentialAuthority: an intermediate that is no authority', async () => {
    const plain = await issue({ subject: 'CN=plain', issuer: root })
    expect(refused(chain(await issued({ issuer: plain }), plain))).to.equal('invalid-leaf credentialAuthority')
  })

  it('invalid-leaf credentialUsage: a client that is an authority', async () => {
    const leaf = await issued({ extensions: [names(user, client), ...authority()] })
    expect(refused(chain(leaf))).to.equal('invalid-leaf credentialUsage')
  })

  it('invalid-leaf criticalExtension, credentialCertificate: what it cannot judge or read', async () => {
    const leaf = await issued({ extensions: [names(user, client), criticalUnknown()] })
    expect(refused(chain(leaf))).to.equal('invalid-leaf credentialCertificate')
    const twice = await issued({ extensions: [names(user, client), names(user, client)] })
    expect(refused(chain(twice))).to.equal('invalid-leaf credentialCertificate')
    const good = await issued()
    for (const der of [none, ascii('certificate'), good.der.subarray(0, -1), new Uint8Array([...good.der, 0])])
      expect(refused({ type: 'x509', certificates: [der, intermediate.der] })).to.equal(
        'invalid-leaf credentialCertificate',
      )
  })

  it('invalid-leaf certificateNotYetValid', async () => {
    const leaf = await issued({ notBefore: new Date(now + 3600_000) })
    expect(refused(chain(leaf))).to.equal('invalid-leaf certificateNotYetValid')
  })

  it('any byte changed, unless what it names changed with its signature', async () => {
    const leaf = await issued()
    for (let at = 0; at < leaf.der.length; at++) {
      const der = leaf.der.slice()
      der[at]! ^= 0x01
      expect(
        verifyCredential({ type: 'x509', certificates: [der, intermediate.der] }, signatureKey, trust, now).ok,
      ).to.equal(false)
    }
  })
})

describe('a queue reference', () => {
  const privateKey = importX25519PrivateKey(random(32))
  const publicKey = rawX25519PublicKey(privateKey)
  const keyId = random(8)
  const sealingKeys = new Map([[Buffer.from(keyId).toString('base64url'), privateKey]])
  const queue = makeId('queue', domain, random(16))
  const sealed = (key: Uint8Array, changes: Partial<Parameters<typeof sealQueueReference>[0]> = {}) =>
    sealQueueReference({ queue, domain, keyId, publicKey, signatureKey: key, ...changes })

  it('opens to its queue, after a way over the wire', () => {
    const reference = accepted(decodeQueueReference(encodeQueueReference(sealed(signatureKey))))
    expect(openQueueReference(reference, signatureKey, sealingKeys)).to.equal(queue)
  })

  it('is never the same twice', () => {
    expect(encodeQueueReference(sealed(signatureKey))).to.not.deep.equal(encodeQueueReference(sealed(signatureKey)))
  })

  it('opens for no other signature key, key id, or changed byte', () => {
    const reference = sealed(signatureKey)
    expect(openQueueReference(reference, random(32), sealingKeys)).to.equal(undefined)
    expect(openQueueReference({ ...reference, keyId: random(8) }, signatureKey, sealingKeys)).to.equal(undefined)
    for (const field of ['enc', 'ciphertext'] as const) {
      const changed = reference[field].slice()
      changed[3]! ^= 1
      expect(openQueueReference({ ...reference, [field]: changed }, signatureKey, sealingKeys)).to.equal(undefined)
      expect(openQueueReference({ ...reference, [field]: none }, signatureKey, sealingKeys)).to.equal(undefined)
    }
  })

  it('opens to nothing when what it holds is no queue', () => {
    const context = { info: ascii('mls-homeserver queue 1'), aad: signatureKey }
    const { kemOutput, ciphertext } = hpkeSeal(publicKey, ascii(client), context)
    expect(openQueueReference({ domain, keyId, enc: kemOutput, ciphertext }, signatureKey, sealingKeys)).to.equal(
      undefined,
    )
  })

  it('invalid-leaf queueReference: missing, malformed, of another domain, not opening, or to a dead queue', async () => {
    const leafKeys = forger('client')
    const credential = chain(await issued())
    const check = (data: Uint8Array | undefined, isLive = true) => {
      const extensions = data === undefined ? [] : [{ type: 0xf0c1, data }]
      const leaf = forgeLeaf({ ...leafKeys, credential, extensions }, validLifetime, undefined)
      return queueReferenceCheck({ domain, open: openingOnce(sealingKeys), isLive: () => isLive })(leaf)
    }
    const key = leafKeys.signatureKey
    expect(accepted(check(encodeQueueReference(sealed(key)))).keyId).to.deep.equal(keyId)
    const foreign = sealed(key, { domain: elsewhere })
    for (const data of [undefined, random(24), encodeQueueReference(foreign), encodeQueueReference(sealed(random(32)))])
      expect(refusalOf(check(data))).to.equal('invalid-leaf queueReference')
    expect(refusalOf(check(encodeQueueReference(sealed(key)), false))).to.equal('invalid-leaf queueReference')
  })
})
