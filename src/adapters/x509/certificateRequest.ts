/** Reads a PKCS#10 certificate request (RFC 2986): whom it names, and the proof that it holds the key. */
import 'reflect-metadata'
import { createPublicKey } from 'node:crypto'
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { derTag, readSingleDer } from '../../mls/x509/der.js'
import type { SignatureAlgorithm } from '../../mls/crypto/servedSuites.js'
import { domainOf, parseClientId, parseUserId } from '../../mls/wire/ids.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { attempt } from '../../mls/bytes/refusal.js'
import type { CertificateRequest, UnreadableRequest } from '../../ports/authority.js'

export const readCertificateRequest = async (bytes: Uint8Array): Promise<CertificateRequest | UnreadableRequest> => {
  const request = parse(bytes)
  if (request === undefined) return { unreadable: 'notARequest' }
  const key = keyIn(request)
  if (key === undefined) return { unreadable: 'keyAlgorithm' }
  if (!hashes[key.algorithm].includes(hashOf(request))) return { unreadable: 'signatureAlgorithm' }
  if (!(await isProven(request))) return { unreadable: 'signature' }
  const names = namesIn(request)
  return names === undefined ? { unreadable: 'subjectAltName' } : { ...names, ...key }
}

/** The library takes bytes that are left over, and throws errors of many kinds at those that are no request. */
const parse = (bytes: Uint8Array): Pkcs10CertificateRequest | undefined => {
  if (!attempt(() => readSingleDer(bytes, derTag.sequence)).ok) return undefined
  try {
    return new Pkcs10CertificateRequest(new Uint8Array(bytes))
  } catch {
    return undefined
  }
}

type Key = Pick<CertificateRequest, 'algorithm' | 'signatureKey'>

/** The key as MLS writes it; importing it also checks that the point is on its curve. */
const keyIn = (request: Pkcs10CertificateRequest): Key | undefined => {
  try {
    const spki = Buffer.from(request.publicKey.rawData)
    const { crv, x, y } = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({ format: 'jwk' })
    const first = fromBase64url(x ?? '')
    const second = fromBase64url(y ?? '')
    if (first === undefined || second === undefined || !isKnown(crv)) return undefined
    return { algorithm: crv, signatureKey: crv === 'Ed25519' ? first : Uint8Array.of(4, ...first, ...second) }
  } catch {
    return undefined
  }
}

/** Which hashes a signature of each algorithm may be made over; Ed25519 brings its own. */
const hashes: { readonly [A in SignatureAlgorithm]: readonly (string | undefined)[] } = {
  Ed25519: [undefined],
  'P-256': ['SHA-256'],
  'P-384': ['SHA-384'],
}
const isKnown = (curve: string | undefined): curve is SignatureAlgorithm =>
  curve !== undefined && Object.hasOwn(hashes, curve)

const hashOf = (request: Pkcs10CertificateRequest): string | undefined => {
  const { hash } = request.signatureAlgorithm as { readonly hash?: { readonly name: string } }
  return hash?.name
}

const isProven = async (request: Pkcs10CertificateRequest): Promise<boolean> => {
  try {
    return await request.verify()
  } catch {
    return false
  }
}

/** Exactly one user's and one client's URI of one domain, in either order. */
const namesIn = (
  request: Pkcs10CertificateRequest,
): { readonly user: UserId; readonly client: ClientId } | undefined => {
  const [extension, ...more] = request.extensions.filter((one) => one instanceof SubjectAlternativeNameExtension)
  const names = extension?.names.items ?? []
  if (more.length > 0 || names.length !== 2 || names.some(({ type }) => type !== 'url')) return undefined
  const user = names.map(({ value }) => parseUserId(value)).find((id) => id !== undefined)
  const client = names.map(({ value }) => parseClientId(value)).find((id) => id !== undefined)
  if (user === undefined || client === undefined || domainOf(user) !== domainOf(client)) return undefined
  return { user, client }
}
