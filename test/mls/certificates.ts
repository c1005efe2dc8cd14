/** Certificate chains for tests, made by another library than the one that reads them. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import type * as x509Types from '@peculiar/x509'

const x509: typeof x509Types = await import('@peculiar/x509')
const { subtle } = webcrypto

export type SigningKeys = { readonly publicKey: webcrypto.CryptoKey; readonly privateKey: webcrypto.CryptoKey }
export type Issued = {
  readonly certificate: x509Types.X509Certificate
  readonly keys: SigningKeys
  readonly der: Uint8Array
}

export const ed25519 = { name: 'Ed25519' }
export const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export const signingKeys = async (algorithm: typeof ed25519 = ed25519): Promise<SigningKeys> =>
  (await subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair

export const rawPublicKey = async (keys: SigningKeys): Promise<Uint8Array> =>
  new Uint8Array(await subtle.exportKey('raw', keys.publicKey))

export const issue = async (options: {
  readonly subject: string
  readonly issuer?: Issued
  readonly keys?: SigningKeys
  readonly signatureAlgorithm?: typeof ed25519
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly extensions?: x509Types.Extension[]
}): Promise<Issued> => {
  const keys = options.keys ?? (await signingKeys())
  const signer = options.issuer?.keys ?? keys
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '01',
      subject: options.subject,
      issuer: options.issuer?.certificate.subject ?? options.subject,
      notBefore: options.notBefore ?? new Date('2026-01-01'),
      notAfter: options.notAfter ?? new Date('2031-01-01'),
      publicKey: keys.publicKey as never,
      signingKey: signer.privateKey,
      signingAlgorithm: (options.signatureAlgorithm ?? signer.privateKey.algorithm) as never,
      extensions: options.extensions ?? [],
    },
    webcrypto as never,
  )
  return { certificate, keys, der: new Uint8Array(certificate.rawData) }
}

export const authority = (pathLength?: number): x509Types.Extension[] => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
]

export const names = (...uris: readonly string[]): x509Types.Extension =>
  new x509.SubjectAlternativeNameExtension(uris.map((value) => ({ type: 'url' as const, value })))

export const otherName = (dns: string, ...uris: readonly string[]): x509Types.Extension =>
  new x509.SubjectAlternativeNameExtension([
    ...uris.map((value) => ({ type: 'url' as const, value })),
    { type: 'dns' as const, value: dns },
  ])

export const criticalUnknown = (): x509Types.Extension => new x509.Extension('1.2.3.4.5', true, Uint8Array.of(5, 0))
