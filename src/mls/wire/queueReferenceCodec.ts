/** The queue reference, leaf extension 0xF0C1: where a member's group traffic goes, sealed to its homeserver. */
import { type Domain, parseDomain } from './ids.js'
import { decodeExactly, type Reader, readOpaque } from '../bytes/reader.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import { encodeWith, writeOpaque, type Writer } from '../bytes/writer.js'

export type QueueReference = {
  readonly domain: Domain
  /** Which of the homeserver's sealing keys it is sealed to. */
  readonly keyId: Uint8Array
  readonly enc: Uint8Array
  readonly ciphertext: Uint8Array
}

/** The `info` of its HPKE encryption; the AAD is the leaf's signature key, the plaintext the queue's URI. */
export const queueReferenceInfo = 'mls-homeserver queue 1'

export const decodeQueueReference = (bytes: Uint8Array): Result<QueueReference> =>
  attempt(() => decodeExactly(bytes, readQueueReference))

export const encodeQueueReference = (reference: QueueReference): Uint8Array =>
  encodeWith(writeQueueReference, reference)

const readQueueReference = (reader: Reader): QueueReference => ({
  domain: readDomain(reader),
  keyId: readOpaque(reader),
  enc: readOpaque(reader),
  ciphertext: readOpaque(reader),
})

/** Byte for byte, so only an ASCII domain can come out equal to a parsed one. */
const readDomain = (reader: Reader): Domain =>
  parseDomain(String.fromCharCode(...readOpaque(reader).subarray(0, 512))) ?? refuse('malformed', 'domain')

const writeQueueReference = (writer: Writer, reference: QueueReference): void => {
  writeOpaque(writer, new TextEncoder().encode(reference.domain))
  writeOpaque(writer, reference.keyId)
  writeOpaque(writer, reference.enc)
  writeOpaque(writer, reference.ciphertext)
}
