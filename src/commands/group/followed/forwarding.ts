/**
 * What a follower holds its clients to before it asks the hub: who they are. The hub is told by us alone which user sends, and
 * sees of handshakes whose leaf signed them. What may be done is the hub's to judge.
 */
import { equalBytes } from '../../../mls/bytes/bytes.js'
import { stageCommit } from '../../../mls/group/stageCommit.js'
import type { StagedCommit } from '../../../mls/group/stagedCommit.js'
import type { PublicMessage } from '../../../mls/wire/framing.js'
import { groupIdFromBytes } from '../../../mls/wire/ids.js'
import { toBase64url } from '../../../mls/bytes/base64url.js'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { entitledToJoin, seatIn } from '../access.js'
import type { By } from '../access.js'
import { isLeafOf } from '../leaves.js'
import type { LeafPolicy } from '../leaves.js'
import type { Claimed, MessageHeader } from '../messages.js'
import { rejectionOf, wrongEpoch } from '../refusals.js'
import { refusePlace, refuseSpeaker } from '../proposals.js'
import type { ActiveGroup, Group } from '../fold/state.js'

/** Which epochs are too old is the hub's to say; of the history that a sender names it is told nothing. */
export const refuseForwardedMessage = (state: Group, by: By, header: MessageHeader & Claimed): Rejected | undefined => {
  const seat = seatIn(state, by)
  if ('rejected' in seat) return seat
  const { group } = seat
  if (groupIdFromBytes(header.groupId) !== group.group) return otherGroup
  return isOfOtherHistory(group, header) ? wrongEpoch(group, header.epoch) : undefined
}

const otherGroup = reject({ code: 'malformed', detail: 'the message names another group' })

/** False as well where the record does not know the epoch (any more, or yet). */
const isOfOtherHistory = (
  { mls, ended }: ActiveGroup,
  { epoch, confirmedTranscriptHash: claimed }: MessageHeader & Claimed,
): boolean => {
  if (claimed === undefined) return false
  if (epoch === mls.epoch) return !equalBytes(claimed, mls.confirmedTranscriptHash)
  const known = ended.find((one) => one.epoch === epoch)
  return known !== undefined && known.confirmedTranscriptHash !== toBase64url(claimed)
}

/** The group that a proposal of this client's leaf is for, whatever its epoch. */
export const refuseForwardedProposal = (state: Group, by: By, message: PublicMessage): Rejected | ActiveGroup => {
  const seat = seatIn(state, by)
  if ('rejected' in seat) return seat
  if (groupIdFromBytes(message.content.groupId) !== seat.group.group) return otherGroup
  const { content } = message.content
  if (content.type === 'proposal' && content.proposal.type === 'update' && !isLeafOf(content.proposal.leafNode, by))
    return reject({ code: 'identity-mismatch', detail: 'the new leaf is not that of the token' })
  return refuseSpeaker(seat, message) ?? seat.group
}

/** The group that a Commit of this client is for, in the epoch that the record is in, before anything costly is verified. */
export const lookAtForwardedCommit = (state: Group, by: By, commit: PublicMessage): Rejected | ActiveGroup => {
  const isExternal = commit.content.sender.type === 'newMemberCommit'
  const group = isExternal ? entitledToJoin(state, by) : speakingIn(state, by, commit)
  return 'rejected' in group ? group : (refusePlace(group, commit) ?? group)
}

const speakingIn = (state: Group, by: By, commit: PublicMessage): Rejected | ActiveGroup => {
  const seat = seatIn(state, by)
  return 'rejected' in seat ? seat : (refuseSpeaker(seat, commit) ?? seat.group)
}

/** What it leads to, verified; the committer is this client. */
export const stageForwardedCommit = (
  group: ActiveGroup,
  by: By,
  commit: PublicMessage,
  policy: LeafPolicy,
): Rejected | StagedCommit => {
  const staged = stageCommit(group.mls, commit, policy)
  if (!staged.ok) return rejectionOf(staged.refusal, 'commit')
  return isLeafOf(staged.value.committer.leaf, by)
    ? staged.value
    : reject({ code: 'identity-mismatch', detail: 'the committer is not the client of the token' })
}
