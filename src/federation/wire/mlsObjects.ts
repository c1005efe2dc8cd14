/** MLS objects in bodies, as their bytes: where each ends is found by reading it, and what we do not speak is refused by its name. */
import { type Reader, readOpaque, readSince } from '../../mls/bytes/reader.js'
import { attempt, refuse } from '../../mls/bytes/refusal.js'
import { writeRaw } from '../../mls/bytes/writer.js'
import { readGroupInfo } from '../../mls/wire/groupInfo.js'
import { readKeyPackage } from '../../mls/wire/keyPackage.js'
import { type MlsContent, type MlsMessage, readMlsMessage, wireFormats } from '../../mls/wire/mlsMessage.js'
import { readWelcome } from '../../mls/wire/welcome.js'
import type { Codec } from './body.js'

/** AppSync has become AppDataUpdate (draft-ietf-mls-extensions, §4.7): both drafts mean this number. */
const appSync = 8

/** The draft lets a handshake be a SemiPrivateMessage, whose wire format has no number yet: each one that RFC 9420 has not is taken for it. */
export const readMessage = (reader: Reader): MlsMessage => {
  const read = attempt(() => readMlsMessage(reader))
  if (read.ok) return read.value
  const { code, reason, actual } = read.refusal
  if (reason === 'wireFormat') return refuse('unsupported-message', 'semiPrivateMessage')
  if (reason === 'proposalType' && actual === appSync) return refuse('unsupported-message', 'appSync')
  return refuse(code, reason, read.refusal)
}

/** A PublicMessage with a proposal: what else may stand where the draft has a list of more of them. */
export const proposalMessage: Codec<Uint8Array> = {
  read: (reader) => {
    const message = readMessage(reader)
    return isHandshake(message, 'proposal') ? message.bytes : refuse('unsupported-message', 'proposal')
  },
  write: writeRaw,
}

/** A PrivateMessage with an application message, as far as its header tells. */
export const applicationMessage: Codec<Uint8Array> = {
  read: (reader) => {
    const message = readMessage(reader)
    return isApplication(message) ? message.bytes : refuse('unsupported-message', 'application')
  },
  write: writeRaw,
}

export const isApplication = (message: MlsContent): boolean =>
  message.wireFormat === 'privateMessage' && message.privateMessage.contentType === 'application'

export const isHandshake = (message: MlsContent, type: 'proposal' | 'commit'): boolean =>
  message.wireFormat === 'publicMessage' && message.publicMessage.content.content.type === type

const bare = (read: (reader: Reader) => unknown): Codec<Uint8Array> => ({
  read: (reader) => {
    const start = reader.at
    read(reader)
    return readSince(reader, start)
  },
  write: writeRaw,
})

/** Structs that stand in bodies without the header of an MLSMessage. */
export const welcome = bare(readWelcome)
export const groupInfo = bare(readGroupInfo)
export const keyPackage = bare(readKeyPackage)
/** `Node ratchet_tree<V>`, its length included; whoever uses it reads the nodes. */
export const treeNodes = bare(readOpaque)

const headerBytes = 4

/** A bare struct as the MLSMessage that clients send and are sent. */
export const withHeader = (format: keyof typeof wireFormats, struct: Uint8Array): Uint8Array => {
  const message = new Uint8Array(headerBytes + struct.length)
  message.set([0, 1, 0, wireFormats[format]])
  message.set(struct, headerBytes)
  return message
}

/** The bare struct of an MLSMessage. */
export const withoutHeader = (message: Uint8Array): Uint8Array => message.subarray(headerBytes)
