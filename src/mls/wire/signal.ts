/** A signal (docs/wire.md, Signals): no MLS message, but written as one would be, and bound to a group, an epoch and a leaf. */
import {
  type Reader,
  readerOf,
  readOpaque,
  readRaw,
  readSince,
  readUint16,
  readUint32,
  readUint64,
} from '../bytes/reader.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import {
  encodeWith,
  writeOpaque,
  writeRaw,
  writeUint16,
  writeUint32,
  writeUint64,
  type Writer,
} from '../bytes/writer.js'

/** What the sealed part is bound to, as associated data: nobody can move it to another group, epoch or sender. */
export type SignalContext = { readonly groupId: Uint8Array; readonly epoch: bigint; readonly leafIndex: number }

export type SealedSignal = SignalContext & { readonly nonce: Uint8Array; readonly ciphertext: Uint8Array }
export type SignedSignal = SealedSignal & { readonly signature: Uint8Array }

/** `signed`: the bytes that the signature covers, as they came. */
export type DecodedSignal = SignedSignal & { readonly signed: Uint8Array }

const version = 1
export const signalNonceBytes = 12

/** Decodes one signal to its last byte. Refuses with malformed, unsupported-message or too-large. */
export const decodeSignal = (bytes: Uint8Array, maxBytes: number): Result<DecodedSignal> =>
  attempt(() => {
    if (bytes.length > maxBytes) refuse('too-large', 'bytes', { max: maxBytes, actual: bytes.length })
    const reader = readerOf(new Uint8Array(bytes))
    const sealed = readSealed(reader)
    const signed = readSince(reader, 0)
    const signature = readOpaque(reader)
    if (reader.at !== reader.end) refuse('malformed', 'trailingBytes')
    return { ...sealed, signed, signature }
  })

const readSealed = (reader: Reader): SealedSignal => {
  if (readUint16(reader) !== version) refuse('unsupported-message', 'version')
  const groupId = readOpaque(reader)
  const epoch = readUint64(reader)
  const leafIndex = readUint32(reader)
  const nonce = readRaw(reader, signalNonceBytes)
  return { groupId, epoch, leafIndex, nonce, ciphertext: readOpaque(reader) }
}

export const encodeSignal = (signal: SignedSignal): Uint8Array =>
  encodeWith((writer, { signature, ...sealed }) => {
    writeSealed(writer, sealed)
    writeOpaque(writer, signature)
  }, signal)

/** What is signed: everything before the signature. */
export const encodeSealedSignal = (sealed: SealedSignal): Uint8Array => encodeWith(writeSealed, sealed)

/** The associated data of the sealing. */
export const encodeSignalContext = (context: SignalContext): Uint8Array => encodeWith(writeContext, context)

/** The context of the exporter: whose key it is. */
export const encodeSignalSender = (leafIndex: number): Uint8Array => encodeWith(writeUint32, leafIndex)

const writeSealed = (writer: Writer, sealed: SealedSignal): void => {
  writeUint16(writer, version)
  writeContext(writer, sealed)
  writeRaw(writer, sealed.nonce)
  writeOpaque(writer, sealed.ciphertext)
}

const writeContext = (writer: Writer, { groupId, epoch, leafIndex }: SignalContext): void => {
  writeOpaque(writer, groupId)
  writeUint64(writer, epoch)
  writeUint32(writer, leafIndex)
}
