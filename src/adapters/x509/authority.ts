/** The certificate authority on @peculiar/x509: makes the root and the intermediate, and issues clients' certificates. */
import 'reflect-metadata'
import {
  createPrivateKey,
  createPublicKey,
  randomBytes,
  webcrypto,
  X509Certificate as NodeCertificate,
} from 'node:crypto'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { parseDomain } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Authority, CertificateRequest } from '../../ports/authority.js'
import { readCertificateRequest } from './certificateRequest.js'

/** What an authority is made of: certificates as DER, private keys as PKCS#8 DER. */
export type AuthorityMaterial = {
  readonly rootCertificate: Uint8Array
  /** Signs intermediates only; it may be taken off the machine. */
  readonly rootPrivateKey: Uint8Array
  readonly intermediateCertificate: Uint8Array
  readonly intermediatePrivateKey: Uint8Array
}

const yearMs = 365 * 24 * 60 * 60 * 1000
const rootMs = 30 * yearMs
const intermediateMs = 20 * yearMs
/** Certificates begin a little earlier than our clock says, for readers whose clocks are behind. */
export const backdatedMs = 5 * 60 * 1000
const ed25519 = 'Ed25519'

/** Where serials (hexadecimal) and the authority's own keys come from: published test vectors are made again from the same. */
export type Chance = { readonly serial: () => string; readonly keys: () => Promise<webcrypto.CryptoKeyPair> }

/** Makes a new root and the intermediate under it for a domain, as of `now` (ms). */
export const makeAuthority = async (domain: Domain, now: number, by: Chance = atRandom): Promise<AuthorityMaterial> => {
  const rootKeys = await by.keys()
  const intermediateKeys = await by.keys()
  const root = await selfSigned(domain, rootKeys, now, by)
  const intermediate = await signedUnder(root, rootKeys.privateKey, { domain, keys: intermediateKeys, now }, by)
  return {
    rootCertificate: new Uint8Array(root.rawData),
    rootPrivateKey: await exportKey(rootKeys.privateKey),
    intermediateCertificate: intermediate.certificate,
    intermediatePrivateKey: intermediate.privateKey,
  }
}

/** A certificate, DER, and its private key, PKCS#8 DER. */
export type Certified = { readonly certificate: Uint8Array; readonly privateKey: Uint8Array }

/** Makes a root of its own for a domain, as of `now` (ms). */
export const makeRoot = async (domain: Domain, now: number): Promise<Certified> => {
  const keys = await makeKeys()
  const root = await selfSigned(domain, keys, now, atRandom)
  return { certificate: new Uint8Array(root.rawData), privateKey: await exportKey(keys.privateKey) }
}

/** Makes another intermediate under a root, as of `now` (ms). Throws an Error where the private key is not the root's. */
export const makeIntermediate = async (domain: Domain, root: Certified, now: number): Promise<Certified> => {
  if (!isKeyOf(root)) throw new Error('this is not the private key of the root')
  const certificate = new X509Certificate(new Uint8Array(root.certificate))
  const signingKey = await webcrypto.subtle.importKey('pkcs8', root.privateKey, ed25519, false, ['sign'])
  return signedUnder(certificate, signingKey, { domain, keys: await makeKeys(), now }, atRandom)
}

/** Whether a private key is the one of a certificate; false for what is no key. */
const isKeyOf = ({ certificate, privateKey }: Certified): boolean => {
  try {
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
    return new NodeCertificate(certificate).checkPrivateKey(key)
  } catch {
    return false
  }
}

const selfSigned = (domain: Domain, keys: webcrypto.CryptoKeyPair, now: number, by: Pick<Chance, 'serial'>) =>
  X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`${domain} root`] }],
    keys,
    serialNumber: by.serial(),
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(now + rootMs),
    extensions: authorityExtensions(1),
  })

const signedUnder = async (
  root: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  { domain, keys, now }: { readonly domain: Domain; readonly keys: webcrypto.CryptoKeyPair; readonly now: number },
  by: Pick<Chance, 'serial'>,
): Promise<Certified> => {
  const intermediate = await X509CertificateGenerator.create({
    subject: [{ CN: [domain] }],
    issuer: root.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    serialNumber: by.serial(),
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(Math.min(now + intermediateMs, root.notAfter.getTime())),
    extensions: authorityExtensions(0),
  })
  return { certificate: new Uint8Array(intermediate.rawData), privateKey: await exportKey(keys.privateKey) }
}

/** Opens the authority of an intermediate. */
export const openAuthority = async (
  keys: Omit<AuthorityMaterial, 'rootPrivateKey'> & { readonly domain: string },
  by: Pick<Chance, 'serial'> = atRandom,
): Promise<Authority> => {
  const domain = parseDomain(keys.domain)
  if (domain === undefined) throw new Error(`the keys name no domain: ${keys.domain}`)
  const signingKey = await webcrypto.subtle.importKey('pkcs8', keys.intermediatePrivateKey, ed25519, false, ['sign'])
  const intermediate = new X509Certificate(new Uint8Array(keys.intermediateCertificate))

  const issue: Authority['issue'] = async (request, at, lifetimeMs) => {
    const serial = by.serial()
    // X.509 counts whole seconds; what we record must be what the certificate says.
    const notAfter = Math.floor(Math.min(at + lifetimeMs, intermediate.notAfter.getTime()) / 1000) * 1000
    const certificate = await X509CertificateGenerator.create({
      issuer: intermediate.subjectName,
      publicKey: new PublicKey(spkiOf(request)),
      signingKey,
      serialNumber: serial,
      notBefore: new Date(at - backdatedMs),
      notAfter: new Date(notAfter),
      extensions: [namesOf(request)],
    })
    return { certificate: new Uint8Array(certificate.rawData), issuer: keys.intermediateCertificate, serial, notAfter }
  }

  return {
    domain,
    root: keys.rootCertificate,
    successions: [],
    intermediates: [keys.intermediateCertificate],
    readRequest: readCertificateRequest,
    issue,
    sign: async (content) => ({
      issuer: keys.intermediateCertificate,
      signature: new Uint8Array(await webcrypto.subtle.sign(ed25519, signingKey, new Uint8Array(content))),
    }),
  }
}

/** RFC 5280 §4.2.1.6: critical, because the subject's name is empty. */
const namesOf = ({ user, client }: CertificateRequest): SubjectAlternativeNameExtension =>
  new SubjectAlternativeNameExtension(
    [
      { type: 'url', value: user },
      { type: 'url', value: client },
    ],
    true,
  )

const authorityExtensions = (pathLength: number) => [
  new BasicConstraintsExtension(true, pathLength, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
]

/** RFC 5280 §4.1.2.2: positive; 95 random bits. */
const makeSerial = (): string => {
  const bytes = randomBytes(12)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

const makeKeys = async (): Promise<webcrypto.CryptoKeyPair> =>
  (await webcrypto.subtle.generateKey(ed25519, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair

const atRandom: Chance = { serial: makeSerial, keys: makeKeys }

const exportKey = async (key: webcrypto.CryptoKey): Promise<Uint8Array> =>
  new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', key))

/** The SubjectPublicKeyInfo of an MLS signature key. */
const spkiOf = ({ algorithm, signatureKey }: CertificateRequest): Uint8Array<ArrayBuffer> => {
  const size = (signatureKey.length - 1) / 2
  const key =
    algorithm === ed25519
      ? { kty: 'OKP', crv: algorithm, x: toBase64url(signatureKey) }
      : {
          kty: 'EC',
          crv: algorithm,
          x: toBase64url(signatureKey.subarray(1, 1 + size)),
          y: toBase64url(signatureKey.subarray(1 + size)),
        }
  return new Uint8Array(createPublicKey({ key, format: 'jwk' }).export({ format: 'der', type: 'spki' }))
}
