/** Message framing (RFC 9420 §6): who says what to which group and epoch, in the clear or encrypted. */
import { type Commit, readCommit, writeCommit } from './commit.js'
import { type Proposal, readProposal, writeProposal } from './proposal.js'
import { type Reader, readOpaque, readSince, readUint32, readUint64, readUint8 } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { writeOpaque, writeUint32, writeUint64, writeUint8, type Writer } from '../bytes/writer.js'

export type Sender =
  | { readonly type: 'member'; readonly leafIndex: number }
  | { readonly type: 'external'; readonly senderIndex: number }
  | { readonly type: 'newMemberProposal' }
  | { readonly type: 'newMemberCommit' }

export type ContentType = 'application' | 'proposal' | 'commit'

export type Content =
  | { readonly type: 'application'; readonly data: Uint8Array }
  | { readonly type: 'proposal'; readonly proposal: Proposal }
  | { readonly type: 'commit'; readonly commit: Commit }

export type FramedContent = {
  readonly groupId: Uint8Array
  readonly epoch: bigint
  readonly sender: Sender
  readonly authenticatedData: Uint8Array
  readonly content: Content
  /** The struct as it came: signed, and hashed into references and transcripts. */
  readonly bytes: Uint8Array
}

/** Signed content (FramedContent and FramedContentAuthData), as transcripts and references hash it. */
export type SignedContent = {
  readonly content: FramedContent
  readonly signature: Uint8Array
  /** Present exactly for commits. */
  readonly confirmationTag: Uint8Array | undefined
}

export type PublicMessage = SignedContent & {
  /** Present exactly for members; only members can verify it. */
  readonly membershipTag: Uint8Array | undefined
  /** The PublicMessage struct as it came, without the MLSMessage header. */
  readonly bytes: Uint8Array
}

export type PrivateMessage = {
  readonly groupId: Uint8Array
  readonly epoch: bigint
  readonly contentType: ContentType
  readonly authenticatedData: Uint8Array
  readonly encryptedSenderData: Uint8Array
  readonly ciphertext: Uint8Array
}

const senderTypes = { member: 1, external: 2, newMemberProposal: 3, newMemberCommit: 4 } as const
const contentTypes = { application: 1, proposal: 2, commit: 3 } as const

export const readPublicMessage = (reader: Reader): PublicMessage => {
  const start = reader.at
  const signed = readSignedContent(reader)
  const membershipTag = signed.content.sender.type === 'member' ? readOpaque(reader) : undefined
  return { ...signed, membershipTag, bytes: readSince(reader, start) }
}

export const readSignedContent = (reader: Reader): SignedContent => {
  const content = readFramedContent(reader)
  const signature = readOpaque(reader)
  const confirmationTag = content.content.type === 'commit' ? readOpaque(reader) : undefined
  return { content, signature, confirmationTag }
}

const readFramedContent = (reader: Reader): FramedContent => {
  const start = reader.at
  const groupId = readOpaque(reader)
  const epoch = readUint64(reader)
  const sender = readSender(reader)
  const authenticatedData = readOpaque(reader)
  const content = readContent(reader)
  return { groupId, epoch, sender, authenticatedData, content, bytes: readSince(reader, start) }
}

const readSender = (reader: Reader): Sender => {
  switch (readUint8(reader)) {
    case senderTypes.member:
      return { type: 'member', leafIndex: readUint32(reader) }
    case senderTypes.external:
      return { type: 'external', senderIndex: readUint32(reader) }
    case senderTypes.newMemberProposal:
      return { type: 'newMemberProposal' }
    case senderTypes.newMemberCommit:
      return { type: 'newMemberCommit' }
    default:
      return refuse('malformed', 'senderType')
  }
}

const readContentType = (reader: Reader): ContentType => {
  switch (readUint8(reader)) {
    case contentTypes.application:
      return 'application'
    case contentTypes.proposal:
      return 'proposal'
    case contentTypes.commit:
      return 'commit'
    default:
      return refuse('malformed', 'contentType')
  }
}

const readContent = (reader: Reader): Content => {
  const type = readContentType(reader)
  switch (type) {
    case 'application':
      return { type, data: readOpaque(reader) }
    case 'proposal':
      return { type, proposal: readProposal(reader) }
    case 'commit':
      return { type, commit: readCommit(reader) }
  }
}

export const readPrivateMessage = (reader: Reader): PrivateMessage => ({
  groupId: readOpaque(reader),
  epoch: readUint64(reader),
  contentType: readContentType(reader),
  authenticatedData: readOpaque(reader),
  encryptedSenderData: readOpaque(reader),
  ciphertext: readOpaque(reader),
})

export const writePublicMessage = (writer: Writer, message: Omit<PublicMessage, 'bytes'>): void => {
  writeSignedContent(writer, message)
  if (message.membershipTag !== undefined) writeOpaque(writer, message.membershipTag)
}

const writeSignedContent = (writer: Writer, signed: SignedContent): void => {
  writeFramedContent(writer, signed.content)
  writeOpaque(writer, signed.signature)
  if (signed.confirmationTag !== undefined) writeOpaque(writer, signed.confirmationTag)
}

export const writeFramedContent = (writer: Writer, framed: Omit<FramedContent, 'bytes'>): void => {
  writeOpaque(writer, framed.groupId)
  writeUint64(writer, framed.epoch)
  writeSender(writer, framed.sender)
  writeOpaque(writer, framed.authenticatedData)
  writeContent(writer, framed.content)
}

const writeSender = (writer: Writer, sender: Sender): void => {
  writeUint8(writer, senderTypes[sender.type])
  switch (sender.type) {
    case 'member':
      writeUint32(writer, sender.leafIndex)
      return
    case 'external':
      writeUint32(writer, sender.senderIndex)
      return
    case 'newMemberProposal':
    case 'newMemberCommit':
  }
}

const writeContent = (writer: Writer, content: Content): void => {
  writeUint8(writer, contentTypes[content.type])
  switch (content.type) {
    case 'application':
      writeOpaque(writer, content.data)
      return
    case 'proposal':
      writeProposal(writer, content.proposal)
      return
    case 'commit':
      writeCommit(writer, content.commit)
  }
}

export const writePrivateMessage = (writer: Writer, message: PrivateMessage): void => {
  writeOpaque(writer, message.groupId)
  writeUint64(writer, message.epoch)
  writeUint8(writer, contentTypes[message.contentType])
  writeOpaque(writer, message.authenticatedData)
  writeOpaque(writer, message.encryptedSenderData)
  writeOpaque(writer, message.ciphertext)
}
