/** What holds for every handshake message of a group (RFC 9420 §6): its group, its epoch, its sender's signature. */
import { equalBytes } from '../bytes/bytes.js'
import type { PublicMessage } from '../wire/framing.js'
import { mls10 } from '../wire/groupContext.js'
import { wireFormats } from '../wire/mlsMessage.js'
import type { PublicGroup } from './publicGroup.js'
import { refuse } from '../bytes/refusal.js'
import { verifyWithLabel } from '../crypto/labels.js'
import { writeRaw, writerOf, writeUint16, written } from '../bytes/writer.js'

/** Of this group and epoch, with tags of the right size; the tags themselves only members can verify. */
export const checkHeader = (group: PublicGroup, message: PublicMessage): void => {
  const { content, membershipTag, confirmationTag } = message
  if (!equalBytes(content.groupId, group.groupId)) refuse('wrong-group', 'groupId')
  if (content.epoch !== group.epoch) refuse('wrong-epoch', 'epoch', { currentEpoch: group.epoch })
  for (const tag of [membershipTag, confirmationTag])
    if (tag !== undefined && tag.length !== group.tree.suite.hashBytes) refuse('malformed', 'tag')
}

/** Verifies FramedContentTBS: members, and newcomers who commit, sign the group's context too. */
export const checkMessageSignature = (group: PublicGroup, message: PublicMessage, key: Uint8Array): void => {
  const writer = writerOf(message.content.bytes.length + group.groupContext.length + 16)
  writeUint16(writer, mls10)
  writeUint16(writer, wireFormats.publicMessage)
  writeRaw(writer, message.content.bytes)
  const { type } = message.content.sender
  if (type === 'member' || type === 'newMemberCommit') writeRaw(writer, group.groupContext)
  if (!verifyWithLabel(group.tree.suite, key, 'FramedContentTBS', written(writer), message.signature))
    refuse('invalid-signature', 'message')
}
