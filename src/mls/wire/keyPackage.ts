/** A KeyPackage: what a client publishes so that others can add it while it is away (RFC 9420 §10). */
import { type Extension, extensionType, findExtension, readExtensions, writeExtensions } from './extension.js'
import { type LeafNode, readLeafNode, writeLeafNode } from './leafNode.js'
import { type Reader, readOpaque, readSince, readUint16 } from '../bytes/reader.js'
import { writeOpaque, writeUint16, type Writer } from '../bytes/writer.js'

export type KeyPackage = {
  readonly version: number
  readonly cipherSuite: number
  readonly initKey: Uint8Array
  readonly leafNode: LeafNode
  readonly extensions: readonly Extension[]
  readonly signature: Uint8Array
  /** The struct as it came, without the MLSMessage header: what KeyPackageRef hashes. */
  readonly bytes: Uint8Array
  /** The signed part of `bytes`. */
  readonly signedBytes: Uint8Array
}

/** Whether it may be handed out again and again when a client's stock has run out: the empty extension 0x000A. */
export const isLastResort = (keyPackage: KeyPackage): boolean =>
  findExtension(keyPackage.extensions, extensionType.lastResort) !== undefined

export const readKeyPackage = (reader: Reader): KeyPackage => {
  const start = reader.at
  const version = readUint16(reader)
  const cipherSuite = readUint16(reader)
  const initKey = readOpaque(reader)
  const leafNode = readLeafNode(reader)
  const extensions = readExtensions(reader)
  const signedBytes = readSince(reader, start)
  const signature = readOpaque(reader)
  const bytes = readSince(reader, start)
  return { version, cipherSuite, initKey, leafNode, extensions, signature, bytes, signedBytes }
}

export const writeKeyPackage = (writer: Writer, keyPackage: KeyPackage): void => {
  writeUint16(writer, keyPackage.version)
  writeUint16(writer, keyPackage.cipherSuite)
  writeOpaque(writer, keyPackage.initKey)
  writeLeafNode(writer, keyPackage.leafNode)
  writeExtensions(writer, keyPackage.extensions)
  writeOpaque(writer, keyPackage.signature)
}
