/** What a client does for itself in tests of the Authentication Service: keys, certificate requests, signed claims. */
import 'reflect-metadata'
import { KeyObject, webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509'
import type { Extension } from '@peculiar/x509'
import { SignJWT } from 'jose'
import type { JWTPayload } from 'jose'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import type { SignatureAlgorithm } from '#src/mls/crypto/servedSuites.js'

export type TestAlgorithm = SignatureAlgorithm

const parameters = {
  Ed25519: { name: 'Ed25519' },
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
} as const
const jwsNames = { Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384' } as const

export type TestKey = {
  readonly algorithm: TestAlgorithm
  /** As it stands in an MLS leaf. */
  readonly publicKey: Uint8Array
  /** PKCS#10 with the names as URIs of its subjectAltName, or with other extensions; signed over the usual hash or another. */
  readonly csr: (names: readonly string[], extensions?: readonly Extension[], hash?: string) => Promise<Uint8Array>
  readonly privateKey: webcrypto.CryptoKey
  readonly sign: (claims: JWTPayload, header?: { readonly kid?: string }) => Promise<string>
}

export const makeTestKey = async (algorithm: TestAlgorithm = 'Ed25519'): Promise<TestKey> => {
  const keys = (await webcrypto.subtle.generateKey(parameters[algorithm], true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const { x, y } = await webcrypto.subtle.exportKey('jwk', keys.publicKey)
  const first = fromBase64url(x ?? '')!
  return {
    algorithm,
    publicKey: y === undefined ? first : Uint8Array.of(4, ...first, ...fromBase64url(y)!),
    csr: async (names, extensions = [], hash) => {
      const san = new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'url' as const, value })))
      const request = await Pkcs10CertificateRequestGenerator.create({
        keys,
        signingAlgorithm: { ...parameters[algorithm], ...(hash === undefined ? {} : { hash }) },
        extensions: [...(names.length > 0 ? [san] : []), ...extensions],
      })
      return new Uint8Array(request.rawData)
    },
    privateKey: keys.privateKey,
    sign: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: jwsNames[algorithm], ...header })
        .sign(KeyObject.from(keys.privateKey)),
  }
}
