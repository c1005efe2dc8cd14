/**
 * What a Commit asks for, read without verifying a signature (RFC 9420 §12.2, §12.4): its sender, its proposals, whether they
 * can be committed together, and the tree that they would leave. Whatever can be refused here costs next to nothing.
 */
import { onceEach } from '../../structures/onceEach.js'
import { toBase64url } from '../bytes/base64url.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import type { Commit, ProposalOrRef, UpdatePath } from '../wire/commit.js'
import type { PublicMessage, Sender } from '../wire/framing.js'
import type { LeafNode } from '../wire/leafNode.js'
import { requiresPath } from '../wire/proposal.js'
import { clientKeyOf } from './identity.js'
import { checkMembers, checkSize } from './memberRules.js'
import { checkHeader, checkMessageSignature } from './messageRules.js'
import type { GroupPolicy } from './policy.js'
import { type AppliedProposals, applyProposals, checkCombination, checkCommitter, ofType } from './proposalList.js'
import { checkProposalShape } from './proposalRules.js'
import { leafAt, type PublicGroup } from './publicGroup.js'
import type { StagedProposal } from './stagedCommit.js'

type Asked = {
  readonly message: PublicMessage
  readonly proposals: readonly StagedProposal[]
  readonly applied: AppliedProposals
}
/** Of a member, at its leaf as it was before. */
export type AskedMember = Asked & {
  readonly leafIndex: number
  readonly before: LeafNode
  readonly path: UpdatePath | undefined
}
/** Of a newcomer, or of a client that comes back: it has no leaf yet. */
export type AskedExternal = Asked & {
  readonly leafIndex: undefined
  readonly before: undefined
  readonly path: UpdatePath
}
export type AskedCommit = AskedMember | AskedExternal

/** Refuses with wrong-group, wrong-epoch, invalid-proposal or invalid-commit. */
export const askedCommit = (group: PublicGroup, message: PublicMessage): Result<AskedCommit> =>
  attempt(() => readCommit(group, message))

/** Epochs are 64 bits on the wire. */
const lastEpoch = 0xffff_ffff_ffff_ffffn

/** The same where refusals are thrown: inside this folder. Free for whoever asks again of the same group. */
export const readCommit = (group: PublicGroup, message: PublicMessage): AskedCommit => {
  const last = lastAsked(message)
  if (last.of?.group !== group) last.of = { group, asked: readAnew(group, message) }
  return last.of.asked
}

type LastAsked = { of?: { readonly group: PublicGroup; readonly asked: AskedCommit } }

/** Kept with the message: it is looked at when it comes, and judged once the leaves in it were looked up. */
const lastAsked = onceEach((_message: PublicMessage): LastAsked => ({}))

const readAnew = (group: PublicGroup, message: PublicMessage): AskedCommit => {
  checkHeader(group, message)
  const { content, sender } = message.content
  if (content.type !== 'commit') return refuse('unsupported-message', 'contentType')
  if (group.epoch === lastEpoch) return refuse('invalid-commit', 'lastEpoch')
  switch (sender.type) {
    case 'member':
      return askedByMember(group, message, content.commit, sender.leafIndex)
    case 'newMemberCommit':
      return askedFromOutside(group, message, content.commit)
    case 'external':
    case 'newMemberProposal':
      return refuse('invalid-commit', 'senderType')
  }
}

const askedByMember = (
  group: PublicGroup,
  message: PublicMessage,
  { proposals: list, path }: Commit,
  leafIndex: number,
): AskedMember => {
  const before = leafAt(group, leafIndex) ?? refuse('invalid-commit', 'senderLeaf')
  const proposals = readProposals(group, list, message.content.sender)
  checkCommitter(proposals, leafIndex)
  const pathNeeded = proposals.length === 0 || proposals.some(({ proposal }) => requiresPath[proposal.type])
  if (pathNeeded && path === undefined) refuse('invalid-commit', 'pathMissing')
  return { message, leafIndex, before, proposals, path, applied: applyProposals(group, proposals) }
}

const askedFromOutside = (
  group: PublicGroup,
  message: PublicMessage,
  { proposals: list, path }: Commit,
): AskedExternal => {
  if (path === undefined) return refuse('invalid-commit', 'pathMissing')
  if (list.some(({ type }) => type === 'reference')) refuse('invalid-commit', 'externalReference')
  const proposals = readProposals(group, list, message.content.sender)
  if (ofType(proposals, 'externalInit').length !== 1) refuse('invalid-commit', 'externalInit')
  const applied = applyProposals(group, proposals)
  const [former, ...others] = applied.removed
  if (others.length > 0) refuse('invalid-commit', 'externalRemove')
  if (former !== undefined && clientKeyOf(former.leaf.credential) !== clientKeyOf(path.leafNode.credential))
    refuse('invalid-commit', 'externalRemove')
  return { message, leafIndex: undefined, before: undefined, proposals, path, applied }
}

/** The proposals by the sender whose they are; their content is not looked into. */
const readProposals = (
  group: PublicGroup,
  list: readonly ProposalOrRef[],
  committer: Sender,
): readonly StagedProposal[] => {
  const proposals = list.map((item) => resolveProposal(group, item, committer))
  const refs = proposals.map(({ ref }) => ref).filter((ref) => ref !== undefined)
  if (new Set(refs).size !== refs.length) refuse('invalid-proposal', 'repeatedReference')
  for (const { proposal, ref, sender } of proposals) {
    if (ref !== undefined) continue
    if (proposal.type === 'update') refuse('invalid-proposal', 'committerUpdate')
    checkProposalShape(group, proposal, sender)
  }
  checkCombination(proposals)
  return proposals
}

const resolveProposal = (group: PublicGroup, item: ProposalOrRef, committer: Sender): StagedProposal => {
  if (item.type === 'proposal') return { proposal: item.proposal, ref: undefined, sender: committer }
  const ref = toBase64url(item.ref)
  const pending = group.pending.get(ref) ?? refuse('invalid-proposal', 'unknownReference', { refs: [ref] })
  return { proposal: pending.proposal, ref, sender: pending.sender }
}

/** Those to be judged with the Commit: the others were when they were accepted, in this same epoch. */
export const byValue = ({ proposals }: AskedCommit): readonly StagedProposal[] =>
  proposals.filter(({ ref }) => ref === undefined)

/** Many newcomers are many signatures: first how many, and whether they can be members together at all. */
export const checkNewcomers = ({ applied }: AskedCommit, { membersMax }: Pick<GroupPolicy, 'membersMax'>): void => {
  checkSize(applied.tree, membersMax)
  if (applied.added.length > 1) checkMembers(applied.tree, applied.extensions)
}

/** Signed by the member's leaf as it was, or by the leaf that a newcomer brings. Refuses with invalid-signature. */
export const checkCommitSignature = (group: PublicGroup, { message, before, path }: AskedCommit): void => {
  const key = before?.signatureKey ?? path?.leafNode.signatureKey ?? refuse('invalid-commit', 'pathMissing')
  checkMessageSignature(group, message, key)
}
