/** The GroupContext: what all members of an epoch agree on (RFC 9420 §8.1). */
import { type Extension, readExtensions, writeExtensions } from './extension.js'
import { type Reader, readOpaque, readSince, readUint16, readUint64 } from '../bytes/reader.js'
import { encodeWith, writeOpaque, writeUint16, writeUint64, type Writer } from '../bytes/writer.js'

/** The only protocol version there is. */
export const mls10 = 1

export type GroupContext = {
  readonly version: number
  readonly cipherSuite: number
  readonly groupId: Uint8Array
  readonly epoch: bigint
  readonly treeHash: Uint8Array
  readonly confirmedTranscriptHash: Uint8Array
  readonly extensions: readonly Extension[]
  readonly bytes: Uint8Array
}

export const readGroupContext = (reader: Reader): GroupContext => {
  const start = reader.at
  const version = readUint16(reader)
  const cipherSuite = readUint16(reader)
  const groupId = readOpaque(reader)
  const epoch = readUint64(reader)
  const treeHash = readOpaque(reader)
  const confirmedTranscriptHash = readOpaque(reader)
  const extensions = readExtensions(reader)
  const bytes = readSince(reader, start)
  return { version, cipherSuite, groupId, epoch, treeHash, confirmedTranscriptHash, extensions, bytes }
}

export const writeGroupContext = (writer: Writer, context: Omit<GroupContext, 'bytes'>): void => {
  writeUint16(writer, context.version)
  writeUint16(writer, context.cipherSuite)
  writeOpaque(writer, context.groupId)
  writeUint64(writer, context.epoch)
  writeOpaque(writer, context.treeHash)
  writeOpaque(writer, context.confirmedTranscriptHash)
  writeExtensions(writer, context.extensions)
}

export const encodeGroupContext = (context: Omit<GroupContext, 'bytes'>): Uint8Array =>
  encodeWith(writeGroupContext, context)
