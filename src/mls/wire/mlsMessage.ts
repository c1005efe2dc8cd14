/** MLSMessage, the envelope of everything on the wire (RFC 9420 §6), and the bundle that a Commit is posted in. */
import {
  type PrivateMessage,
  type PublicMessage,
  readPrivateMessage,
  readPublicMessage,
  writePrivateMessage,
  writePublicMessage,
} from './framing.js'
import { mls10 } from './groupContext.js'
import { type GroupInfo, readGroupInfo, writeGroupInfo } from './groupInfo.js'
import { type KeyPackage, readKeyPackage, writeKeyPackage } from './keyPackage.js'
import { messageBytesMax } from './limits.js'
import { type Reader, readerOf, readSince, readUint16 } from '../bytes/reader.js'
import { attempt, refuse, type Result, valueOf } from '../bytes/refusal.js'
import { type Welcome, readWelcome, writeWelcome } from './welcome.js'
import { encodeWith, writeUint16, type Writer } from '../bytes/writer.js'

export type MlsContent =
  | { readonly wireFormat: 'publicMessage'; readonly publicMessage: PublicMessage }
  | { readonly wireFormat: 'privateMessage'; readonly privateMessage: PrivateMessage }
  | { readonly wireFormat: 'welcome'; readonly welcome: Welcome }
  | { readonly wireFormat: 'groupInfo'; readonly groupInfo: GroupInfo }
  | { readonly wireFormat: 'keyPackage'; readonly keyPackage: KeyPackage }

/** A decoded message, with the MLSMessage as it came. */
export type MlsMessage = MlsContent & { readonly bytes: Uint8Array }

export type CommitBundle = {
  readonly commit: PublicMessage
  readonly commitBytes: Uint8Array
  readonly welcome: Welcome | undefined
  readonly welcomeBytes: Uint8Array | undefined
  readonly groupInfo: GroupInfo
  readonly groupInfoBytes: Uint8Array
}

export const wireFormats = { publicMessage: 1, privateMessage: 2, welcome: 3, groupInfo: 4, keyPackage: 5 } as const

/**
 * Decodes one MLSMessage to its last byte; the result holds a copy, never the caller's bytes.
 * Refuses with malformed, unsupported-message or too-large.
 */
export const decodeMlsMessage = (bytes: Uint8Array, maxBytes = messageBytesMax): Result<MlsMessage> =>
  attempt(() => {
    const reader = readerOf(copied(bytes, maxBytes))
    const message = readMlsMessage(reader)
    if (reader.at !== reader.end) refuse('malformed', 'trailingBytes')
    return message
  })

/** Decodes MLSMessages that stand one after another, to the last byte; at most `max` of them. */
export const decodeMlsMessages = (
  bytes: Uint8Array,
  max: number,
  maxBytes = 3 * messageBytesMax,
): Result<MlsMessage[]> =>
  attempt(() => {
    const reader = readerOf(copied(bytes, maxBytes))
    const messages: MlsMessage[] = []
    while (reader.at < reader.end) {
      if (messages.length === max) refuse('malformed', 'trailingBytes')
      messages.push(readMlsMessage(reader))
    }
    return messages
  })

/** Decodes a commit bundle as `message/mls`: Commit, optional Welcome, GroupInfo, one after another. */
export const decodeCommitBundle = (bytes: Uint8Array): Result<CommitBundle> =>
  attempt(() => bundle(valueOf(decodeMlsMessages(bytes, 3))))

/** Decodes a commit bundle whose parts came apart, as JSON has them. */
export const decodeCommitBundleParts = (parts: {
  readonly commit: Uint8Array
  readonly welcome?: Uint8Array | undefined
  readonly groupInfo: Uint8Array
}): Result<CommitBundle> =>
  attempt(() => {
    const present = [parts.commit, ...(parts.welcome === undefined ? [] : [parts.welcome]), parts.groupInfo]
    return bundle(present.map((part) => valueOf(decodeMlsMessage(part))))
  })

const bundle = (messages: readonly MlsMessage[]): CommitBundle => {
  const [commit, ...rest] = messages
  const groupInfo = rest.pop()
  const [welcome] = rest
  if (commit?.wireFormat !== 'publicMessage' || commit.publicMessage.content.content.type !== 'commit')
    return misplaced(commit, 'bundleCommit')
  if (groupInfo?.wireFormat !== 'groupInfo') return misplaced(groupInfo, 'bundleGroupInfo')
  if (welcome !== undefined && welcome.wireFormat !== 'welcome') return misplaced(welcome, 'bundleWelcome')
  return {
    commit: commit.publicMessage,
    commitBytes: commit.bytes,
    welcome: welcome?.welcome,
    welcomeBytes: welcome?.bytes,
    groupInfo: groupInfo.groupInfo,
    groupInfoBytes: groupInfo.bytes,
  }
}

/** A part that is missing, or stands where another should, makes a broken bundle; any other message makes none. */
const misplaced = (message: MlsMessage | undefined, reason: string): never =>
  refuse(message === undefined || isPart(message) ? 'malformed' : 'unsupported-message', reason)

const isPart = (message: MlsMessage): boolean => {
  if (message.wireFormat === 'publicMessage') return message.publicMessage.content.content.type === 'commit'
  return message.wireFormat === 'welcome' || message.wireFormat === 'groupInfo'
}

/** What a server may know of a PrivateMessage. */
export const privateMessageHeader = (
  message: PrivateMessage,
): Pick<PrivateMessage, 'groupId' | 'epoch' | 'contentType' | 'authenticatedData'> => ({
  groupId: message.groupId,
  epoch: message.epoch,
  contentType: message.contentType,
  authenticatedData: message.authenticatedData,
})

export const encodeMlsMessage = (message: MlsContent): Uint8Array => encodeWith(writeMlsMessage, message)

const copied = (bytes: Uint8Array, max: number): Uint8Array =>
  bytes.length > max ? refuse('too-large', 'bytes', { max, actual: bytes.length }) : new Uint8Array(bytes)

/** One MLSMessage where it stands; its `bytes` are a view. */
export const readMlsMessage = (reader: Reader): MlsMessage => {
  const start = reader.at
  if (readUint16(reader) !== mls10) refuse('unsupported-message', 'version')
  const content = readContent(reader)
  return { ...content, bytes: readSince(reader, start) }
}

const readContent = (reader: Reader): MlsContent => {
  switch (readUint16(reader)) {
    case wireFormats.publicMessage:
      return { wireFormat: 'publicMessage', publicMessage: readPublicMessage(reader) }
    case wireFormats.privateMessage:
      return { wireFormat: 'privateMessage', privateMessage: readPrivateMessage(reader) }
    case wireFormats.welcome:
      return { wireFormat: 'welcome', welcome: readWelcome(reader) }
    case wireFormats.groupInfo:
      return { wireFormat: 'groupInfo', groupInfo: readGroupInfo(reader) }
    case wireFormats.keyPackage:
      return { wireFormat: 'keyPackage', keyPackage: readKeyPackage(reader) }
    default:
      return refuse('unsupported-message', 'wireFormat')
  }
}

const writeMlsMessage = (writer: Writer, message: MlsContent): void => {
  writeUint16(writer, mls10)
  writeUint16(writer, wireFormats[message.wireFormat])
  switch (message.wireFormat) {
    case 'publicMessage':
      writePublicMessage(writer, message.publicMessage)
      return
    case 'privateMessage':
      writePrivateMessage(writer, message.privateMessage)
      return
    case 'welcome':
      writeWelcome(writer, message.welcome)
      return
    case 'groupInfo':
      writeGroupInfo(writer, message.groupInfo)
      return
    case 'keyPackage':
      writeKeyPackage(writer, message.keyPackage)
  }
}
