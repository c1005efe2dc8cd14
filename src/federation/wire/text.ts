/** Text in bodies: `string` and IdentifierUri of the draft, each an `opaque<V>` of UTF-8. */
import { readOpaque, type Reader } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeOpaque } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { eventIdBytesMax, textBytesMax, uriBytesMax } from './limits.js'

const encoder = new TextEncoder()
/** A mark at the beginning is part of the text: it would be missing when it is written again. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const textCodec = (max: number, what: string): Codec<string> => ({
  read: (reader) => decoded(bounded(reader, max, what), what),
  write: (writer, text) => {
    writeOpaque(writer, encoder.encode(text))
  },
})

const bounded = (reader: Reader, max: number, what: string): Uint8Array => {
  const bytes = readOpaque(reader)
  return bytes.length > max ? refuse('too-large', what, { max, actual: bytes.length }) : bytes
}

const decoded = (bytes: Uint8Array, what: string): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    return refuse('malformed', what)
  }
}

export const uri = textCodec(uriBytesMax, 'uri')
export const text = textCodec(textBytesMax, 'text')
export const eventId = textCodec(eventIdBytesMax, 'eventId')
