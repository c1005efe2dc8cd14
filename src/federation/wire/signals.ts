/** Signals between servers: one after another, each with its length in front. What is in them their members alone read. */
import { readOpaque } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeOpaque } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { signalBytesMax, signalsMax } from './limits.js'

/** A Signal (docs/wire.md), to its last byte. */
const signal: Codec<Uint8Array> = {
  read: (reader) => {
    const bytes = readOpaque(reader)
    const { length: actual } = bytes
    return actual > signalBytesMax ? refuse('too-large', 'signal', { max: signalBytesMax, actual }) : bytes
  },
  write: writeOpaque,
}

/** At least one, and at most as many as a request may bring. */
export const signals: Codec<readonly Uint8Array[]> = {
  read: (reader) => {
    const all = [signal.read(reader)]
    while (reader.at < reader.end) {
      if (all.length === signalsMax) refuse('too-large', 'signals', { max: signalsMax, actual: signalsMax + 1 })
      all.push(signal.read(reader))
    }
    return all
  },
  write: (writer, all) => {
    for (const one of all) signal.write(writer, one)
  },
}
