/** A GroupInfo: a member's signed word on the state of an epoch (RFC 9420 §12.4.3). */
import { type Extension, readExtensions, writeExtensions } from './extension.js'
import { type GroupContext, readGroupContext, writeGroupContext } from './groupContext.js'
import { type Reader, readOpaque, readSince, readUint32 } from '../bytes/reader.js'
import { writeOpaque, writeUint32, type Writer } from '../bytes/writer.js'

export type GroupInfo = {
  readonly groupContext: GroupContext
  readonly extensions: readonly Extension[]
  readonly confirmationTag: Uint8Array
  /** The leaf index of the member who signed it. */
  readonly signer: number
  readonly signature: Uint8Array
  readonly bytes: Uint8Array
  /** The signed part of `bytes`. */
  readonly signedBytes: Uint8Array
}

export const readGroupInfo = (reader: Reader): GroupInfo => {
  const start = reader.at
  const groupContext = readGroupContext(reader)
  const extensions = readExtensions(reader)
  const confirmationTag = readOpaque(reader)
  const signer = readUint32(reader)
  const signedBytes = readSince(reader, start)
  const signature = readOpaque(reader)
  const bytes = readSince(reader, start)
  return { groupContext, extensions, confirmationTag, signer, signature, bytes, signedBytes }
}

export const writeGroupInfo = (writer: Writer, info: Omit<GroupInfo, 'bytes' | 'signedBytes'>): void => {
  writeGroupInfoContent(writer, info)
  writeOpaque(writer, info.signature)
}

/** The part of a GroupInfo before its signature. */
export const writeGroupInfoContent = (
  writer: Writer,
  info: Omit<GroupInfo, 'bytes' | 'signedBytes' | 'signature'>,
): void => {
  writeGroupContext(writer, info.groupContext)
  writeExtensions(writer, info.extensions)
  writeOpaque(writer, info.confirmationTag)
  writeUint32(writer, info.signer)
}
