/** A cipher suite by its number, and the hashes and labels built on it (RFC 9420 §5). */
import { hash as digest } from 'node:crypto'
import { refuse } from '../bytes/refusal.js'
import { written, writeOpaque, writerOf } from '../bytes/writer.js'
import { cipherSuites } from '../wire/cipherSuites.js'
import type { CipherSuite } from '../wire/cipherSuites.js'

const byId: ReadonlyMap<number, CipherSuite> = new Map(cipherSuites.map((suite) => [suite.id, suite]))

/** Refuses with unsupported-ciphersuite a suite that RFC 9420 does not define. */
export const cipherSuite = (id: number): CipherSuite => byId.get(id) ?? refuse('unsupported-ciphersuite', 'cipherSuite')

export const hash = (suite: CipherSuite, bytes: Uint8Array): Uint8Array => {
  const value = digest(suite.hash, bytes, 'buffer')
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

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
