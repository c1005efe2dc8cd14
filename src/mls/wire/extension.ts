/** Extensions (RFC 9420 §13): a type and bytes, in lists that name each type once. */
import { extensionsMax } from './limits.js'
import { type Reader, readOpaque, readUint16, readVector } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { writeOpaque, writeUint16, writeVector, type Writer } from '../bytes/writer.js'

export type Extension = { readonly type: number; readonly data: Uint8Array }

export const extensionType = {
  applicationId: 0x0001,
  ratchetTree: 0x0002,
  requiredCapabilities: 0x0003,
  externalPub: 0x0004,
  externalSenders: 0x0005,
  lastResort: 0x000a,
  queueReference: 0xf0c1,
} as const

/** The types that every client supports and no capabilities list (RFC 9420 §7.2). */
export const isDefaultExtension = (type: number): boolean => type >= 0x0001 && type <= 0x0005

export const findExtension = (extensions: readonly Extension[], type: number): Uint8Array | undefined =>
  extensions.find((extension) => extension.type === type)?.data

export const readExtensions = (reader: Reader): Extension[] => {
  const extensions = readVector(reader, readExtension, extensionsMax)
  if (extensions.length > 1 && new Set(extensions.map(({ type }) => type)).size !== extensions.length)
    refuse('malformed', 'repeatedExtension')
  return extensions
}

const readExtension = (reader: Reader): Extension => ({ type: readUint16(reader), data: readOpaque(reader) })

export const writeExtensions = (writer: Writer, extensions: readonly Extension[]): void => {
  writeVector(writer, extensions, writeExtension)
}

const writeExtension = (writer: Writer, extension: Extension): void => {
  writeUint16(writer, extension.type)
  writeOpaque(writer, extension.data)
}
