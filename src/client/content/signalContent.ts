/** What a signal says (docs/wire.md, Signals): a kind and some bytes, padded, so that typing is as long as reading. */
import { decodeExactly, readOpaque, readUint8 } from '../../mls/bytes/reader.js'
import { attempt, refuse } from '../../mls/bytes/refusal.js'
import { encodeWith, writeOpaque } from '../../mls/bytes/writer.js'

export type SignalContent = { readonly kind: string; readonly data: Uint8Array }

/** Plaintexts are a multiple of so many bytes. */
const blockBytes = 128
export const signalKindBytesMax = 64
export const signalDataBytesMax = 1_024

export const encodeSignalContent = ({ kind, data }: SignalContent): Uint8Array => {
  const content = encodeWith(
    (writer, value) => {
      writeOpaque(writer, new TextEncoder().encode(value.kind))
      writeOpaque(writer, value.data)
    },
    { kind, data },
  )
  const padded = new Uint8Array(Math.ceil(content.length / blockBytes) * blockBytes)
  padded.set(content)
  return padded
}

/** Undefined for what is none. */
export const decodeSignalContent = (plaintext: Uint8Array): SignalContent | undefined => {
  const read = attempt(() =>
    decodeExactly(plaintext, (reader) => {
      const kind = new TextDecoder('utf-8', { fatal: true }).decode(kindIn(readOpaque(reader)))
      const data = new Uint8Array(readOpaque(reader))
      while (reader.at < reader.end) if (readUint8(reader) !== 0) refuse('malformed', 'padding')
      return { kind, data }
    }),
  )
  return read.ok ? read.value : undefined
}

const kindIn = (bytes: Uint8Array): Uint8Array =>
  bytes.length === 0 || bytes.length > signalKindBytesMax ? refuse('malformed', 'kind') : bytes
