/** A parent of the ratchet tree: the key that the members under it share (RFC 9420 §7.1). */
import { treeLeavesMax } from './limits.js'
import { type Reader, readOpaque, readUint32, readVector } from '../bytes/reader.js'
import { writeOpaque, writeUint32, writeVector, type Writer } from '../bytes/writer.js'

export type ParentNode = {
  readonly kind: 'parent'
  readonly encryptionKey: Uint8Array
  readonly parentHash: Uint8Array
  /** Leaf indices, ascending: members under it that do not know its private key. */
  readonly unmergedLeaves: readonly number[]
}

export const readParentNode = (reader: Reader): ParentNode => ({
  kind: 'parent',
  encryptionKey: readOpaque(reader),
  parentHash: readOpaque(reader),
  unmergedLeaves: readVector(reader, readUint32, treeLeavesMax),
})

export const writeParentNode = (writer: Writer, node: ParentNode): void => {
  writeOpaque(writer, node.encryptionKey)
  writeOpaque(writer, node.parentHash)
  writeVector(writer, node.unmergedLeaves, writeUint32)
}
