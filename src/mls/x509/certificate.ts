/** An X.509 certificate (RFC 5280) as far as credentials need it; parses only, and runs in browsers too. */
import { onceEach } from '../../structures/onceEach.js'
import { bitsOf, bytesOf, childrenOf, contentOf, type Der, derTag, oidOf, readSingleDer, timeOf } from './der.js'
import { refuse } from '../bytes/refusal.js'

export type Certificate = {
  /** The signed part. */
  readonly signedBytes: Uint8Array
  readonly signatureAlgorithm: string
  readonly signature: Uint8Array
  /** Hexadecimal, as it stands in the certificate: how lists of revoked certificates name it. */
  readonly serial: string
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
/** Mail addresses, hosts and URIs: names that are text and nothing more (RFC 5280 §4.2.1.6). */
const nameKinds = [0x81, 0x82, uriName]
const extensionsTag = 0xa3
/** issuerUniqueID, subjectUniqueID, extensions. */
const optionalTags = [0x81, 0x82, extensionsTag]
/** UTF8String, PrintableString, IA5String: what a name may be written in today (RFC 5280 §4.1.2.4). */
const nameStrings = [0x0c, 0x13, 0x16]
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
  const parts = childrenOf(readSingleDer(bytes, derTag.sequence), derTag.sequence)
  const [signed, algorithm, signature] = parts
  if (signed === undefined || parts.length !== 3) return malformed()
  const [version, serial, innerAlgorithm, issuer, validity, subject, keyInfo, ...optional] = childrenOf(
    signed,
    derTag.sequence,
  )
  if (issuer === undefined || subject === undefined || keyInfo === undefined) return malformed()
  checkVersion(version)
  if (algorithmOf(algorithm) !== algorithmOf(innerAlgorithm)) malformed()
  const extensions = extensionsOf(extensionsAmong(optional))
  return {
    signedBytes: bytesOf(signed),
    signatureAlgorithm: algorithmOf(algorithm),
    signature: bitsOf(signature),
    serial: hexOf(integerOf(serial)),
    issuer: nameOf(issuer),
    subject: nameOf(subject),
    ...validityIn(validity),
    ...publicKeyIn(keyInfo),
    uris: urisIn(extensions),
    ...constraintsIn(extensions),
    ...usageIn(extensions),
  }
})

/** Of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */
export const publicKeyIn = (keyInfo: Der): Pick<Certificate, 'publicKeyOid' | 'publicKey'> => {
  const [algorithm, bits, ...more] = childrenOf(keyInfo, derTag.sequence)
  if (more.length > 0) malformed()
  algorithmOf(algorithm)
  const [kind, parameter] = childrenOf(algorithm, derTag.sequence)
  return { publicKeyOid: oidOf(parameter?.tag === derTag.oid ? parameter : kind), publicKey: bitsOf(bits) }
}

const malformed = (): never => refuse('malformed', 'certificate')

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const checkVersion = (wrapper: Der | undefined): void => {
  const [version, ...more] = childrenOf(wrapper, version3)
  const content = integerOf(version)
  if (more.length > 0 || content.length !== 1 || content[0] !== 2) malformed()
}

/** The content of an INTEGER: not empty, and no longer than it need be. */
export const integerOf = (element: Der | undefined): Uint8Array => {
  const content = contentOf(element, derTag.integer)
  const [first, second] = content
  if (first === undefined) return malformed()
  const isPadded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  return isPadded ? malformed() : content
}

/** The OBJECT IDENTIFIER of an AlgorithmIdentifier, whose parameters are none, NULL or the name of a curve. */
export const algorithmOf = (element: Der | undefined): string => {
  const [id, parameters, ...more] = childrenOf(element, derTag.sequence)
  if (more.length > 0) malformed()
  if (parameters?.tag === derTag.null) {
    if (parameters.at !== parameters.end) malformed()
  } else if (parameters !== undefined) oidOf(parameters)
  return oidOf(id)
}

const validityIn = (validity: Der | undefined): Pick<Certificate, 'notBefore' | 'notAfter'> => {
  const [notBefore, notAfter, ...more] = childrenOf(validity, derTag.sequence)
  return more.length > 0 ? malformed() : { notBefore: timeOf(notBefore), notAfter: timeOf(notAfter) }
}

/** A Name as it stands: a sequence of sets of attributes, each an id and a string. */
const nameOf = (name: Der): Uint8Array => {
  for (const set of childrenOf(name, derTag.sequence)) {
    const attributes = childrenOf(set, derTag.set)
    if (attributes.length === 0) malformed()
    for (const attribute of attributes) {
      const [id, value, ...more] = childrenOf(attribute, derTag.sequence)
      oidOf(id)
      if (value === undefined || more.length > 0 || !nameStrings.includes(value.tag)) malformed()
    }
  }
  return bytesOf(name)
}

/** Of the optional parts only the extensions are used; others stand before them, each once (RFC 5280 §4.1). */
const extensionsAmong = (optional: readonly Der[]): Der | undefined => {
  const tags = optional.map(({ tag }) => tag)
  const isInOrder = tags.every((tag, index) => optionalTags.includes(tag) && tag > (tags[index - 1] ?? 0))
  return isInOrder ? optional.find(({ tag }) => tag === extensionsTag) : malformed()
}

const extensionsOf = (wrapper: Der | undefined): FoundExtensions => {
  const found = new Map<string, Uint8Array>()
  if (wrapper === undefined) return found
  const [list, ...others] = childrenOf(wrapper, extensionsTag)
  if (others.length > 0) malformed()
  for (const { id, critical, value } of extensionsIn(list)) {
    if (found.has(id)) malformed()
    if (critical && !Object.values<string>(extensionOid).includes(id)) refuse('invalid-leaf', 'criticalExtension')
    found.set(id, value)
  }
  return found
}

type ReadExtension = { readonly id: string; readonly critical: boolean; readonly value: Uint8Array }

/** The entries of Extensions (RFC 5280 §4.1), repeated ones among them. */
export const extensionsIn = (list: Der | undefined): readonly ReadExtension[] =>
  childrenOf(list, derTag.sequence).map((extension) => {
    const [name, ...rest] = childrenOf(extension, derTag.sequence)
    const critical = rest[0]?.tag === derTag.boolean && trueOf(rest[0])
    const [value, ...more] = critical ? rest.slice(1) : rest
    return more.length > 0 ? malformed() : { id: oidOf(name), critical, value: contentOf(value, derTag.octetString) }
  })

/** A BOOLEAN that is there says TRUE: false is the default, which DER leaves out (X.690 §11.1, §11.5). */
const trueOf = (element: Der): true => {
  const content = contentOf(element, derTag.boolean)
  return content.length === 1 && content[0] === 0xff ? true : malformed()
}

const urisIn = (extensions: FoundExtensions): readonly string[] | undefined => {
  const extension = extensions.get(extensionOid.subjectAltName)
  return extension === undefined ? undefined : urisOf(extension)
}

/** The URIs of a subjectAltName; undefined when it names anything else. */
export const urisOf = (extension: Uint8Array): readonly string[] | undefined => {
  const names = childrenOf(readSingleDer(extension, derTag.sequence), derTag.sequence)
  if (!names.every(({ tag }) => nameKinds.includes(tag))) malformed()
  return names.every(({ tag }) => tag === uriName) ? names.map((name) => asciiOf(contentOf(name, uriName))) : undefined
}

const asciiOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 1024))

const constraintsIn = (extensions: FoundExtensions): Pick<Certificate, 'isAuthority' | 'pathLength'> => {
  const extension = extensions.get(extensionOid.basicConstraints)
  if (extension === undefined) return { isAuthority: false, pathLength: undefined }
  const parts = childrenOf(readSingleDer(extension, derTag.sequence), derTag.sequence)
  const isAuthority = parts[0]?.tag === derTag.boolean && trueOf(parts[0])
  const [length, ...more] = isAuthority ? parts.slice(1) : parts
  if (more.length > 0) malformed()
  return { isAuthority, pathLength: length === undefined ? undefined : pathLengthOf(length) }
}

/** Chains here are two certificates long: a length that takes more than a byte is a mistake, not a promise. */
const pathLengthOf = (length: Der): number => {
  const [value = 0x80, ...more] = integerOf(length)
  return value < 0x80 && more.length === 0 ? value : malformed()
}

const usageIn = (extensions: FoundExtensions): Pick<Certificate, 'maySignCertificates' | 'maySignData'> => {
  const extension = extensions.get(extensionOid.keyUsage)
  if (extension === undefined) return { maySignCertificates: true, maySignData: true }
  const [unused = 8, bits = 0, ...more] = contentOf(readSingleDer(extension, derTag.bitString), derTag.bitString)
  // Bits that are unused are zero; nine have a meaning (RFC 5280 §4.2.1.3).
  const last = more.at(-1) ?? bits
  if (unused > 7 || more.length > 1 || (last & ((1 << unused) - 1)) !== 0) return malformed()
  return { maySignCertificates: (bits & 0x04) !== 0, maySignData: (bits & 0x80) !== 0 }
}
