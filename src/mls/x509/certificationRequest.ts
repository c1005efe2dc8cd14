/** A PKCS#10 certification request (RFC 2986) as far as vouching needs it; parses only. */
import { bitsOf, bytesOf, childrenOf, type Der, derTag, oidOf, readSingleDer } from './der.js'
import { algorithmOf, extensionOid, extensionsIn, integerOf, publicKeyIn, urisOf } from './certificate.js'
import { refuse } from '../bytes/refusal.js'

export type CertificationRequest = {
  /** The signed part. */
  readonly signedBytes: Uint8Array
  readonly signatureAlgorithm: string
  readonly signature: Uint8Array
  /** As in a certificate. */
  readonly publicKeyOid: string
  readonly publicKey: Uint8Array
  /** The URIs of its one subjectAltName; undefined when it names anything else, or there is none, or another one. */
  readonly uris: readonly string[] | undefined
}

const attributesTag = 0xa0
const extensionRequest = '1.2.840.113549.1.9.14'

const malformed = (): never => refuse('malformed', 'certificationRequest')

/** Refuses with malformed. The subject, other attributes and other extensions may say what they like, in DER. */
export const parseCertificationRequest = (bytes: Uint8Array): CertificationRequest => {
  const parts = childrenOf(readSingleDer(bytes, derTag.sequence), derTag.sequence)
  const [signed, algorithm, signature] = parts
  if (signed === undefined || parts.length !== 3) return malformed()
  const [version, subject, keyInfo, attributes, ...more] = childrenOf(signed, derTag.sequence)
  if (keyInfo === undefined || more.length > 0) return malformed()
  if (integerOf(version).some((byte) => byte !== 0)) malformed()
  childrenOf(subject, derTag.sequence)
  return {
    signedBytes: bytesOf(signed),
    signatureAlgorithm: algorithmOf(algorithm),
    signature: bitsOf(signature),
    ...publicKeyIn(keyInfo),
    uris: urisAmong(attributes),
  }
}

const urisAmong = (attributes: Der | undefined): readonly string[] | undefined => {
  const names = childrenOf(attributes, attributesTag).flatMap(requestedNames)
  const [name, ...others] = names
  return name === undefined || others.length > 0 ? undefined : urisOf(name)
}

/** The subjectAltNames in one attribute, which is an id with a set of values. */
const requestedNames = (attribute: Der): readonly Uint8Array[] => {
  const [id, values, ...more] = childrenOf(attribute, derTag.sequence)
  const [value, ...others] = childrenOf(values, derTag.set)
  if (more.length > 0) malformed()
  if (oidOf(id) !== extensionRequest) return []
  if (others.length > 0) malformed()
  return extensionsIn(value).flatMap((extension) =>
    extension.id === extensionOid.subjectAltName ? [extension.value] : [],
  )
}
