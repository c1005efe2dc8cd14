/** Our reader of certificates against @peculiar/x509 on mutated certificates: ours takes nothing that the library does not read alike. */
import 'reflect-metadata'
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto'
import type * as x509Types from '@peculiar/x509'
import { expect } from 'chai'
import { parseCertificate } from '#src/mls/x509/certificate.js'
import { attempt } from '#src/mls/bytes/refusal.js'
import { authority, criticalUnknown, issue, names, otherName, p256, type SigningKeys } from './certificates.js'
import { report, toHex } from './vectors.js'

const x509: typeof x509Types = await import('@peculiar/x509')
const { subtle } = webcrypto

/** Mulberry32: the same mutations in every run. */
const seeded = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Random = (below: number) => number

/** Bytes that DER gives a meaning: tags, lengths around the long form, the ends of numbers. */
const telling = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x86, 0xa0,
  0xa3, 0xff,
]

const changedByte = (random: Random, byte: number): number => {
  const ways = [
    (): number => random(256),
    () => byte ^ (1 << random(8)),
    () => telling[random(telling.length)]!,
    () => (byte + 1) & 255,
    () => (byte + 255) & 255,
  ]
  return ways[random(ways.length)]!()
}

/** One to three bytes changed, or one taken out, put in or cut off. */
const mutated = (random: Random, der: Uint8Array): Uint8Array => {
  const at = random(der.length)
  const way = random(12)
  if (way === 0) return Uint8Array.of(...der.subarray(0, at), ...der.subarray(at + 1))
  if (way === 1) return Uint8Array.of(...der.subarray(0, at), random(256), ...der.subarray(at))
  if (way === 2) return der.slice(0, at)
  const copy = Uint8Array.from(der)
  for (let left = 1 + random(3); left > 0; left--) {
    const place = random(copy.length)
    copy[place] = changedByte(random, copy[place]!)
  }
  return copy
}

const ids = { names: '2.5.29.17', constraints: '2.5.29.19', usage: '2.5.29.15' }

const ours = (der: Uint8Array) => {
  const parsed = attempt(() => parseCertificate(der))
  if (!parsed.ok) return undefined
  const { signedBytes: _signed, signatureAlgorithm: _algorithm, publicKeyOid: _oid, publicKey, ...read } = parsed.value
  return {
    ...read,
    signature: toHex(read.signature),
    issuer: toHex(read.issuer),
    subject: toHex(read.subject),
    publicKey: toHex(publicKey),
  }
}

/** The same of the library; undefined where it throws, which some parts do only when they are looked at. */
const theirs = (der: Uint8Array): ReturnType<typeof ours> => {
  try {
    return readByTheLibrary(new x509.X509Certificate(der as Uint8Array<ArrayBuffer>))
  } catch {
    return undefined
  }
}

/** Where the content of a DER element begins and ends. */
const contentAt = (der: Uint8Array, at: number): { readonly from: number; readonly to: number } => {
  const first = der[at + 1]!
  const more = first < 0x80 ? 0 : first - 0x80
  const length = more === 0 ? first : der.subarray(at + 2, at + 2 + more).reduce((sum, byte) => sum * 256 + byte, 0)
  return { from: at + 2 + more, to: at + 2 + more + length }
}

/** The bits of the key in a SubjectPublicKeyInfo as the library has it: what follows the algorithm. */
const keyIn = (keyInfo: Uint8Array): Uint8Array => {
  const algorithm = contentAt(keyInfo, contentAt(keyInfo, 0).from)
  const bits = contentAt(keyInfo, algorithm.to)
  return keyInfo.subarray(bits.from + 1, bits.to)
}

const readByTheLibrary = (certificate: x509Types.X509Certificate): ReturnType<typeof ours> => {
  const constraints = certificate.getExtension<x509Types.BasicConstraintsExtension>(ids.constraints)
  const usage = certificate.getExtension<x509Types.KeyUsagesExtension>(ids.usage)?.usages
  const items = certificate.getExtension<x509Types.SubjectAlternativeNameExtension>(ids.names)?.names.items
  const mayUse = (flag: x509Types.KeyUsageFlags): boolean => usage === undefined || (usage & flag) !== 0
  return {
    signature: toHex(new Uint8Array(certificate.signature)),
    serial: certificate.serialNumber,
    issuer: toHex(new Uint8Array(certificate.issuerName.toArrayBuffer())),
    subject: toHex(new Uint8Array(certificate.subjectName.toArrayBuffer())),
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
    publicKey: toHex(keyIn(new Uint8Array(certificate.publicKey.rawData))),
    uris: items?.every(({ type }) => type === 'url') === true ? items.map(({ value }) => value) : undefined,
    isAuthority: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    maySignCertificates: mayUse(x509.KeyUsageFlags.keyCertSign),
    maySignData: mayUse(x509.KeyUsageFlags.digitalSignature),
  }
}

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => {
  const content = Buffer.concat(parts)
  const { length } = content
  return Uint8Array.of(0x30, ...(length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]), ...content)
}

/** The certificate with another serial, which is one byte where we made it and stands behind the version's five. */
const withSerial = (der: Uint8Array, serial: Uint8Array): Uint8Array => {
  const signed = contentAt(der, contentAt(der, 0).from)
  const [version, rest] = [der.subarray(signed.from, signed.from + 5), der.subarray(signed.from + 8, signed.to)]
  return sequence(sequence(version, Uint8Array.of(2, serial.length, ...serial), rest), der.subarray(signed.to))
}

/** An Ed25519 key that is the same in every run (RFC 8410), and so are its signatures. */
const ed25519Keys = async (seedByte: number): Promise<SigningKeys> => {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seedByte)])
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return {
    privateKey: await subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']),
    publicKey: await subtle.importKey('spki', spki, 'Ed25519', true, ['verify']),
  }
}

/** The generator of P-256 (SEC 2 §2.4.2): a public key that needs no private one, since others sign it. */
const generator =
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'

const certificates = async (): Promise<readonly Uint8Array[]> => {
  const keys = await ed25519Keys(1)
  const root = await issue({ subject: 'CN=root', keys, extensions: authority(1) })
  const publicKey = await subtle.importKey('raw', Buffer.from(generator, 'hex'), p256, true, ['verify'])
  const signData = new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)
  const leaf = { subject: 'CN=client', issuer: root, keys: await ed25519Keys(2) }
  const uris = names('mimi://a.example/u/x', 'mimi://a.example/d/y')
  const all = await Promise.all([
    issue({ ...leaf, subject: 'CN=intermediate', extensions: authority() }),
    issue({ ...leaf, extensions: [uris, signData] }),
    issue({ ...leaf, keys: { ...keys, publicKey }, extensions: [uris] }),
    issue({ ...leaf, extensions: [otherName('a.example', 'mimi://a.example/u/x')] }),
    issue({ ...leaf, extensions: [criticalUnknown()] }),
  ])
  return [root, ...all].map(({ der }) => der)
}

/** Kinds of extensions that the library looks into and ours passes by, where they are not critical. */
const passedBy = (): Map<string, unknown> => {
  const { items } = x509.ExtensionFactory as unknown as { readonly items: Map<string, unknown> }
  const others = [...items].filter(([id]) => !Object.values(ids).includes(id))
  for (const [id] of others) items.delete(id)
  return new Map(others)
}

const mutationsOfEach = 1500

describe('certificates, as ours and @peculiar/x509 read them', () => {
  let originals: readonly Uint8Array[]
  let others: Map<string, unknown>
  before(async () => {
    originals = await certificates()
    others = passedBy()
  })
  after(() => {
    for (const [id, kind] of others) x509.ExtensionFactory.register(id, kind)
  })

  it('the same when nothing is changed, but for a critical extension that is unknown to ours', () => {
    for (const der of originals.slice(0, -1)) expect(ours(der)).to.deep.equal(theirs(der))
    expect(ours(originals.at(-1)!)).to.equal(undefined)
  })

  it('but for a serial that is longer than it need be (X.690 §8.3.2), which ours refuses', () => {
    const der = originals[1]!
    expect(ours(withSerial(der, Uint8Array.of(0, 0x80)))).to.include({ serial: '0080' })
    for (const padded of [Uint8Array.of(0, 1), Uint8Array.of(0xff, 0x80), Uint8Array.of()])
      expect(ours(withSerial(der, padded)), toHex(padded)).to.equal(undefined)
  })

  it('alike, whatever was changed, and nothing that the library refuses', () => {
    const random = seeded(9420)
    let taken = 0
    for (const original of originals)
      for (let count = 0; count < mutationsOfEach; count++) {
        const der = mutated(random, original)
        const read = ours(der)
        if (read === undefined) continue
        taken++
        expect(read, toHex(der)).to.deep.equal(theirs(der))
      }
    report(`${taken} of ${mutationsOfEach * originals.length} taken`)
    expect(taken).to.be.greaterThan(1000)
  })
})
