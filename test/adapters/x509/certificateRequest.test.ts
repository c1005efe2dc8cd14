/** Whatever a certificate request is made of, there is an answer; and the authority vouches for whatever is taken. */
import { expect } from 'chai'
import { KeyObject, sign } from 'node:crypto'
import { readCertificateRequest } from '#src/adapters/x509/certificateRequest.js'
import { makeAuthority, openAuthority } from '#src/adapters/x509/authority.js'
import { bytesOf, childrenOf, derTag, readSingleDer } from '#src/mls/x509/der.js'
import { parseCertificate } from '#src/mls/x509/certificate.js'
import { bitString, der, integer, oid, sequence, set } from '#src/client/crypto/derWriter.js'
import type { Authority } from '#src/ports/authority.js'
import { makeTestKey } from '../../api/testClient.js'
import type { TestAlgorithm, TestKey } from '../../api/testClient.js'
import { client, domain, user } from '../../commands/people.js'
import { seeded } from '../../ports/seeded.js'
import type { Seeded } from '../../ports/seeded.js'

const algorithms: readonly TestAlgorithm[] = ['Ed25519', 'P-256', 'P-384']
const hashes = { Ed25519: null, 'P-256': 'sha256', 'P-384': 'sha384' } as const
const now = Date.UTC(2027, 0, 1)
const names = [user(1), client(1)]

/** The request with another signed part, signed again: what is wrong with it is all that can be. */
const signedAgain = (csr: Uint8Array, info: Uint8Array, { algorithm, privateKey }: TestKey): Uint8Array => {
  const [, signatureAlgorithm] = childrenOf(readSingleDer(csr, derTag.sequence), derTag.sequence)
  const signature = sign(hashes[algorithm], info, KeyObject.from(privateKey))
  return sequence(info, bytesOf(signatureAlgorithm!), bitString(new Uint8Array(signature)))
}

const infoOf = (csr: Uint8Array): Uint8Array =>
  bytesOf(childrenOf(readSingleDer(csr, derTag.sequence), derTag.sequence)[0]!)

/** Bytes flipped, set, left out or put in between; most often one. */
const mutated = (bytes: Uint8Array, random: Seeded): Uint8Array => {
  let changed = [...bytes]
  for (let left = random.pick([1, 1, 1, 2, 5]); left > 0; left--) {
    const at = random.integer(changed.length)
    const byte = random.pick([0, 1, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xff, random.integer(256)])
    const kind = random.integer(4)
    if (kind === 0) changed[at] = byte
    else if (kind === 1) changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8))
    else if (kind === 2) changed = [...changed.slice(0, at), byte, ...changed.slice(at)]
    else changed = [...changed.slice(0, at), ...changed.slice(at + 1)]
  }
  return Uint8Array.from(changed)
}

/** Of each algorithm; raise it to look longer. */
const mutations = Number(process.env['CSR_MUTATIONS'] ?? 1_500)

describe('a certificate request of a stranger', () => {
  let authority: Authority
  before(async () => {
    authority = await openAuthority({ domain, ...(await makeAuthority(domain, now)) })
  })

  for (const algorithm of algorithms) {
    it(`has an answer however it was changed, signed for it or not (${algorithm})`, async () => {
      const random = seeded(7)
      const key = await makeTestKey(algorithm)
      const csr = await key.csr(names)
      const answers = new Map<string, number>()
      for (let n = 0; n < mutations; n++) {
        const bytes = n % 2 === 0 ? mutated(csr, random) : signedAgain(csr, mutated(infoOf(csr), random), key)
        const read = await readCertificateRequest(bytes)
        const answer = 'unreadable' in read ? read.unreadable : 'read'
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
        if ('unreadable' in read) continue
        expect(read.signatureKey).to.deep.equal(key.publicKey)
        const { certificate } = await authority.issue(read, now, 1_000_000)
        expect(parseCertificate(certificate).uris).to.deep.equal([read.user, read.client])
      }
      for (const reason of ['notARequest', 'signature', 'subjectAltName', 'read'])
        expect([...answers.keys()]).to.include(reason)
    })
  }

  it('is no request with a key in another form, or of another curve', async () => {
    const pointKey = await makeTestKey('P-256')
    const csr = await pointKey.csr(names)
    const [version, subject, , attributes] = childrenOf(readSingleDer(infoOf(csr), derTag.sequence), derTag.sequence)
    const of = (algorithm: Uint8Array, key: Uint8Array): Uint8Array => {
      const info = sequence(
        bytesOf(version!),
        bytesOf(subject!),
        sequence(algorithm, bitString(key)),
        bytesOf(attributes!),
      )
      return signedAgain(csr, info, pointKey)
    }
    const p256 = sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7'))
    const point = pointKey.publicKey
    expect(await readCertificateRequest(of(p256, point))).to.have.property('user', user(1))
    const parity = point.at(-1)! & 1
    for (const bytes of [
      Uint8Array.of(2 + parity, ...point.subarray(1, 33)),
      Uint8Array.of(6 + parity, ...point.subarray(1)),
      Uint8Array.of(0),
      new Uint8Array(65),
      Uint8Array.of(...point, 0),
    ])
      expect(await readCertificateRequest(of(p256, bytes))).to.deep.equal({ unreadable: 'keyAlgorithm' })
    for (const algorithm of [
      sequence(oid('1.2.840.10045.2.1'), oid('1.3.132.0.35')),
      sequence(oid('1.2.840.10045.2.1'), oid('1.3.132.0.34')),
      sequence(oid('1.2.840.113549.1.1.1'), der(derTag.null)),
      sequence(oid('1.3.101.112')),
    ])
      expect(await readCertificateRequest(of(algorithm, point))).to.deep.equal({ unreadable: 'keyAlgorithm' })
    for (const weak of [0, 1]) {
      const key = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? weak : 0))
      const request = of(sequence(oid('1.3.101.112')), key)
      expect(await readCertificateRequest(request)).to.deep.equal({ unreadable: 'keyAlgorithm' })
    }
  })

  it('may ask for more than it gets, as long as it does so in DER', async () => {
    const key = await makeTestKey()
    const csr = await key.csr(names)
    const [, , keyInfo, attributes] = childrenOf(readSingleDer(infoOf(csr), derTag.sequence), derTag.sequence)
    const [own] = childrenOf(attributes, 0xa0)
    const challenge = (value: Uint8Array) => sequence(oid('1.2.840.113549.1.9.7'), set(value))
    const password = der(0x0c, new TextEncoder().encode('secret'))
    const of = (subject: Uint8Array, ...list: Uint8Array[]) =>
      signedAgain(csr, sequence(integer(0), subject, bytesOf(keyInfo!), der(0xa0, ...list)), key)
    const named = sequence(set(sequence(oid('2.5.4.3'), der(0x14, new TextEncoder().encode('old')))))
    expect(await readCertificateRequest(of(named, bytesOf(own!), challenge(password)))).to.have.property(
      'user',
      user(1),
    )
    const twice = of(sequence(), bytesOf(own!), bytesOf(own!))
    expect(await readCertificateRequest(twice)).to.deep.equal({ unreadable: 'subjectAltName' })
    expect(await readCertificateRequest(of(sequence()))).to.deep.equal({ unreadable: 'subjectAltName' })
    for (const broken of [
      of(sequence(), bytesOf(own!), password),
      of(sequence(), bytesOf(own!), sequence(oid('1.2.840.113549.1.9.7'))),
      of(password, bytesOf(own!)),
      signedAgain(csr, sequence(integer(1), sequence(), bytesOf(keyInfo!), bytesOf(attributes!)), key),
      signedAgain(csr, sequence(integer(0), sequence(), bytesOf(keyInfo!)), key),
    ])
      expect(await readCertificateRequest(broken)).to.deep.equal({ unreadable: 'notARequest' })
  })
})
