/** An X.509 certificate (RFC 5280) as far as credentials need it; parses only, and runs in browsers too. */
import { onceEach } from '../../structures/onceEach.js'
import { bitsOf, bytesOf, childrenOf, contentOf, type Der, derTag, oidOf, readSingleDer, timeOf } from './der.js'
import { refuse } from '../bytes/refusal.js'

export type Certificate = {
  /** The signed part. */
  readonly signedBytes: Uint8Array
  readonly signatureAlgorithm: string
  readonly signature: Uint8Array
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  /** In ms. */
  readonly notBefore: number
  readonly notAfter: number
  /** What kind of key it is: its curve where the algorithm has a choice of curves, else the algorithm. */
  readonly publicKeyOid: string
  /** The bits of the key: raw for Edwards curves, a point for others. */
  readonly publicKey: Uint8Array
  /** The URIs of the subjectAltName; undefined when it names anything else, or is missing. */
  readonly uris: readonly string[] | undefined
  readonly isAuthority: boolean
  /** How many authorities may stand below it; undefined when any number. */
  readonly pathLength: number | undefined
  /** False when a keyUsage is there and does not allow it. */
  readonly maySignCertificates: boolean
  readonly maySignData: boolean
}

const version3 = 0xa0
/** uniformResourceIdentifier among GeneralNames (RFC 5280 §4.2.1.6). */
export const uriName = 0x86
const extensionsTag = 0xa3
export const extensionOid = {
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
} as const

type FoundExtensions = ReadonlyMap<string, Uint8Array>

/**
 * Refuses with malformed, or with invalid-leaf when a critical extension is none that it knows. Remembered as long as the
 * bytes live, which must not change.
 */
export const parseCertificate = onceEach((bytes: Uint8Array): Certificate => {
  const [signed, algorithm, signature, ...more] = childrenOf(readSingleDer(bytes, derTag.sequence), derTag.sequence)
  if (signed === undefined || more.length > 0) return refuse('malformed', 'certificate')
  const [version, , innerAlgorithm, issuer, validity, subject, keyInfo, ...optional] = childrenOf(
    signed,
    derTag.sequence,
  )
  if (version?.tag !== version3 || issuer === undefined || subject === undefined || keyInfo === undefined)
    return refuse('malformed', 'certificate')
  if (oidIn(algorithm) !== oidIn(innerAlgorithm)) refuse('malformed', 'certificate')
  const [notBefore, notAfter] = childrenOf(validity, derTag.sequence)
  const extensions = extensionsOf(optional.find(({ tag }) => tag === extensionsTag))
  return {
    signedBytes: bytesOf(signed),
    signatureAlgorithm: oidIn(algorithm),
    signature: bitsOf(signature),
    issuer: bytesOf(issuer),
    subject: bytesOf(subject),
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    ...publicKeyIn(keyInfo),
    uris: urisIn(extensions),
    ...constraintsIn(extensions),
    ...usageIn(extensions),
  }
})

/** Of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */
const publicKeyIn = (keyInfo: Der): Pick<Certificate, 'publicKeyOid' | 'publicKey'> => {
  const [algorithm, bits] = childrenOf(keyInfo, derTag.sequence)
  const [kind, parameter] = childrenOf(algorithm, derTag.sequence)
  return { publicKeyOid: oidOf(parameter?.tag === derTag.oid ? parameter : kind), publicKey: bitsOf(bits) }
}

const oidIn = (algorithm: Der | undefined): string => oidOf(childrenOf(algorithm, derTag.sequence)[0])

const extensionsOf = (wrapper: Der | undefined): FoundExtensions => {
  const found = new Map<string, Uint8Array>()
  if (wrapper === undefined) return found
  for (const extension of childrenOf(childrenOf(wrapper, extensionsTag)[0], derTag.sequence)) {
    const parts = childrenOf(extension, derTag.sequence)
    const id = oidOf(parts[0])
    if (found.has(id)) refuse('malformed', 'certificate')
    const critical = parts[1]?.tag === derTag.boolean
    if (critical && !Object.values<string>(extensionOid).includes(id)) refuse('invalid-leaf', 'criticalExtension')
    found.set(id, contentOf(parts[critical ? 2 : 1], derTag.octetString))
  }
  return found
}

const urisIn = (extensions: FoundExtensions): readonly string[] | undefined => {
  const extension = extensions.get(extensionOid.subjectAltName)
  if (extension === undefined) return undefined
  const names = childrenOf(readSingleDer(extension, derTag.sequence), derTag.sequence)
  return names.every(({ tag }) => tag === uriName) ? names.map((name) => asciiOf(contentOf(name, uriName))) : undefined
}

const asciiOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 1024))

const constraintsIn = (extensions: FoundExtensions): Pick<Certificate, 'isAuthority' | 'pathLength'> => {
  const extension = extensions.get(extensionOid.basicConstraints)
  if (extension === undefined) return { isAuthority: false, pathLength: undefined }
  const [first, second] = childrenOf(readSingleDer(extension, derTag.sequence), derTag.sequence)
  const isAuthority = first?.tag === derTag.boolean && contentOf(first, derTag.boolean)[0] !== 0
  const length = second?.tag === derTag.integer ? contentOf(second, derTag.integer) : undefined
  return { isAuthority, pathLength: length?.length === 1 ? length[0] : undefined }
}

const usageIn = (extensions: FoundExtensions): Pick<Certificate, 'maySignCertificates' | 'maySignData'> => {
  const extension = extensions.get(extensionOid.keyUsage)
  if (extension === undefined) return { maySignCertificates: true, maySignData: true }
  const bits = contentOf(readSingleDer(extension, derTag.bitString), derTag.bitString)[1] ?? 0
  return { maySignCertificates: (bits & 0x04) !== 0, maySignData: (bits & 0x80) !== 0 }
}
