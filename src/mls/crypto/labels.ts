/** Hashes and signatures with labels (RFC 9420 §5.1.2, §5.2), by the cryptography that the suite carries. */
import { written, writeOpaque, writerOf } from '../bytes/writer.js'
import type { CipherSuite } from './suite.js'

export const hash = (suite: CipherSuite, bytes: Uint8Array): Uint8Array => suite.crypto.hash(suite.hash, bytes)

/** RefHash (RFC 9420 §5.2). */
export const refHash = (suite: CipherSuite, label: string, value: Uint8Array): Uint8Array => {
  const writer = writerOf(value.length + 64)
  writeOpaque(writer, labelBytes(label))
  writeOpaque(writer, value)
  return hash(suite, writer.bytes.subarray(0, writer.length))
}

/** SignContent (RFC 9420 §5.1.2): what a signature with this label covers. */
export const signContent = (label: string, content: Uint8Array): Uint8Array => {
  const writer = writerOf(content.length + 64)
  writeOpaque(writer, labelBytes(`MLS 1.0 ${label}`))
  writeOpaque(writer, content)
  return written(writer)
}

/** VerifyWithLabel. */
export const verifyWithLabel = (
  { crypto, signature: scheme, hash: suiteHash }: CipherSuite,
  key: Uint8Array,
  label: string,
  content: Uint8Array,
  signature: Uint8Array,
): boolean =>
  crypto.verify({
    scheme,
    hash: scheme.kty === 'OKP' ? undefined : suiteHash,
    key,
    content: signContent(label, content),
    signature,
  })

const encoded = (label: string): Uint8Array => new TextEncoder().encode(label)

/** The labels used here, encoded: encoding one costs as much as hashing it. */
const encodedLabels: ReadonlyMap<string, Uint8Array> = new Map(
  [
    'FramedContentTBS',
    'LeafNodeTBS',
    'KeyPackageTBS',
    'GroupInfoTBS',
    'KeyPackage Reference',
    'Proposal Reference',
  ].map((label) => [`MLS 1.0 ${label}`, encoded(`MLS 1.0 ${label}`)]),
)

const labelBytes = (label: string): Uint8Array => encodedLabels.get(label) ?? encoded(label)
