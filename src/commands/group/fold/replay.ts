/** Folds accepted MLS bytes into the public group: what was verified once is applied again without its checks. */
import type { GroupEvent } from '../../../events/group.js'
import { UnreadableEvent } from '../../../events/form/parser.js'
import { applyProposal } from '../../../mls/group/acceptProposal.js'
import { fromBase64url } from '../../../mls/bytes/base64url.js'
import { readClaimedGroup } from '../../../mls/group/createPublicGroup.js'
import type { PublicMessage } from '../../../mls/wire/framing.js'
import { decodeMlsMessage } from '../../../mls/wire/mlsMessage.js'
import type { PublicGroup } from '../../../mls/group/publicGroup.js'
import type { Result } from '../../../mls/bytes/refusal.js'
import { applyCommit } from '../../../mls/group/stageCommit.js'

type Created = Extract<GroupEvent, { type: 'GroupCreated' }>['data']

export const replayCreation = ({ groupInfo, ratchetTree }: Created): PublicGroup => {
  const tree = ratchetTree === undefined ? undefined : bytesOf(ratchetTree)
  return replayed(readClaimedGroup(bytesOf(groupInfo), tree), 'GroupCreated').group
}

export const replayProposal = (group: PublicGroup, proposal: string): PublicGroup =>
  replayed(applyProposal(group, publicMessageOf(proposal, 'ProposalAccepted')), 'ProposalAccepted').next

/** Free when this very Commit was just staged on this very group. */
export const replayCommit = (group: PublicGroup, commit: string): PublicGroup =>
  replayed(applyCommit(group, publicMessageOf(commit, 'CommitAccepted')), 'CommitAccepted').next

const publicMessageOf = (text: string, what: string): PublicMessage => {
  const message = replayed(decodeMlsMessage(bytesOf(text)), what)
  if (message.wireFormat !== 'publicMessage') throw new UnreadableEvent(`${what} holds a ${message.wireFormat}`)
  return message.publicMessage
}

const bytesOf = (text: string): Uint8Array => fromBase64url(text) ?? new Uint8Array()

/** Bytes in the log that no longer apply stop this stream, never others. */
const replayed = <T>(result: Result<T>, what: string): T => {
  if (!result.ok) throw new UnreadableEvent(`${what}: ${result.refusal.code}, ${result.refusal.reason}`)
  return result.value
}
