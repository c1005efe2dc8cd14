/** Transcript hashes (RFC 9420 §8.2): the chain of all commits of a group. */
import { hash } from './labels.js'
import type { CipherSuite } from './suite.js'
import type { SignedContent } from '../wire/framing.js'
import { wireFormats } from '../wire/mlsMessage.js'
import { writeOpaque, writeRaw, writerOf, writeUint16 } from '../bytes/writer.js'

/** The confirmed transcript hash after a Commit, which came in the given wire format. */
export const confirmedTranscriptHash = (
  suite: CipherSuite,
  interimBefore: Uint8Array,
  commit: SignedContent,
  wireFormat: number = wireFormats.publicMessage,
): Uint8Array => {
  const writer = writerOf(interimBefore.length + commit.content.bytes.length + 256)
  writeRaw(writer, interimBefore)
  writeUint16(writer, wireFormat)
  writeRaw(writer, commit.content.bytes)
  writeOpaque(writer, commit.signature)
  return hash(suite, writer.bytes.subarray(0, writer.length))
}

/** The interim transcript hash of an epoch. */
export const interimTranscriptHash = (
  suite: CipherSuite,
  confirmed: Uint8Array,
  confirmationTag: Uint8Array,
): Uint8Array => {
  const writer = writerOf(256)
  writeRaw(writer, confirmed)
  writeOpaque(writer, confirmationTag)
  return hash(suite, writer.bytes.subarray(0, writer.length))
}
