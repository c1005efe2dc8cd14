/** A leaf of the ratchet tree: one client's keys, identity and capabilities (RFC 9420 §7.2). */
import { type Capabilities, readCapabilities, writeCapabilities } from './capabilities.js'
import { type Credential, readCredential, writeCredential } from './credential.js'
import { type Extension, readExtensions, writeExtensions } from './extension.js'
import { decodeExactly, type Reader, readOpaque, readSince, readUint64, readUint8 } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { writeOpaque, writeUint64, writeUint8, type Writer } from '../bytes/writer.js'

export type LeafNode = {
  readonly kind: 'leaf'
  readonly encryptionKey: Uint8Array
  readonly signatureKey: Uint8Array
  readonly credential: Credential
  readonly capabilities: Capabilities
  readonly source: LeafNodeSource
  readonly extensions: readonly Extension[]
  readonly signature: Uint8Array
  /** The struct as it came. */
  readonly bytes: Uint8Array
  /** The signed part of `bytes`; for update and commit the group id and leaf index follow it (LeafNodeTBS). */
  readonly signedBytes: Uint8Array
}

export type LeafNodeSource =
  | { readonly type: 'keyPackage'; readonly notBefore: bigint; readonly notAfter: bigint }
  | { readonly type: 'update' }
  | { readonly type: 'commit'; readonly parentHash: Uint8Array }

const sources = { keyPackage: 1, update: 2, commit: 3 } as const

const decodeLeafNode = (bytes: Uint8Array): LeafNode => decodeExactly(bytes, readLeafNode)

/** The same leaf on bytes of its own, so that keeping it does not keep the message it came in. */
export const ownLeafNode = (leaf: LeafNode): LeafNode => decodeLeafNode(leaf.bytes.slice())

export const readLeafNode = (reader: Reader): LeafNode => {
  const start = reader.at
  const encryptionKey = readOpaque(reader)
  const signatureKey = readOpaque(reader)
  const credential = readCredential(reader)
  const capabilities = readCapabilities(reader)
  const source = readSource(reader)
  const extensions = readExtensions(reader)
  const signedBytes = readSince(reader, start)
  const signature = readOpaque(reader)
  const bytes = readSince(reader, start)
  return {
    kind: 'leaf',
    encryptionKey,
    signatureKey,
    credential,
    capabilities,
    source,
    extensions,
    signature,
    bytes,
    signedBytes,
  }
}

const readSource = (reader: Reader): LeafNodeSource => {
  switch (readUint8(reader)) {
    case sources.keyPackage:
      return { type: 'keyPackage', notBefore: readUint64(reader), notAfter: readUint64(reader) }
    case sources.update:
      return { type: 'update' }
    case sources.commit:
      return { type: 'commit', parentHash: readOpaque(reader) }
    default:
      return refuse('malformed', 'leafNodeSource')
  }
}

export const writeLeafNode = (writer: Writer, leaf: LeafNode): void => {
  writeLeafNodeContent(writer, leaf)
  writeOpaque(writer, leaf.signature)
}

/** The part of a leaf before its signature: what a client signs, with the group id and leaf index where they apply. */
export const writeLeafNodeContent = (
  writer: Writer,
  leaf: Omit<LeafNode, 'kind' | 'signature' | 'bytes' | 'signedBytes'>,
): void => {
  writeOpaque(writer, leaf.encryptionKey)
  writeOpaque(writer, leaf.signatureKey)
  writeCredential(writer, leaf.credential)
  writeCapabilities(writer, leaf.capabilities)
  writeSource(writer, leaf.source)
  writeExtensions(writer, leaf.extensions)
}

const writeSource = (writer: Writer, source: LeafNodeSource): void => {
  writeUint8(writer, sources[source.type])
  switch (source.type) {
    case 'keyPackage':
      writeUint64(writer, source.notBefore)
      writeUint64(writer, source.notAfter)
      return
    case 'update':
      return
    case 'commit':
      writeOpaque(writer, source.parentHash)
  }
}
