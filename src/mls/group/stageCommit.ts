/** Verifies a Commit as a member without secrets can (RFC 9420 §12.4.2) and says what it would change. */
import { onceEach } from '../../structures/onceEach.js'
import { toBase64url } from '../bytes/base64url.js'
import { equalBytes } from '../bytes/bytes.js'
import type { Commit, ProposalOrRef, UpdatePath } from '../wire/commit.js'
import { applyPath } from './commitPath.js'
import type { PublicMessage, Sender } from '../wire/framing.js'
import { clientKeyOf } from './identity.js'
import type { LeafNode } from '../wire/leafNode.js'
import { checkMembers, checkSize } from './memberRules.js'
import { checkHeader, checkMessageSignature } from './messageRules.js'
import type { GroupPolicy } from './policy.js'
import { requiresPath } from '../wire/proposal.js'
import { type AppliedProposals, applyProposals, checkCombination, checkCommitter, ofType } from './proposalList.js'
import { checkPlacedLeaf, checkProposalContent, checkProposalShape, checkSuccessor } from './proposalRules.js'
import { groupOf, leafAt, type PublicGroup } from './publicGroup.js'
import { makeRoom, type RatchetTree } from '../tree/ratchetTree.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import type { StagedCommit, StagedProposal } from './stagedCommit.js'
import { confirmedTranscriptHash } from '../crypto/transcript.js'

/**
 * Pure: the group stays as it is, `next` is what it would become. Verified are signatures, proposals, path, hashes and
 * the caller's policy for every new leaf; who may do what is the caller's to judge on the result. Refuses with
 * wrong-group, wrong-epoch, invalid-signature, invalid-proposal, invalid-key-package, invalid-leaf or invalid-commit.
 */
export const stageCommit = (group: PublicGroup, message: PublicMessage, policy: GroupPolicy): Result<StagedCommit> =>
  attempt(() => {
    const staged = stage(group, message, policy)
    lastStagedOn(group).commit = { message, staged }
    return staged
  })

/** Replays an accepted commit: the same without signature and policy checks, and free right after it was staged. */
export const applyCommit = (group: PublicGroup, message: PublicMessage): Result<StagedCommit> => {
  const last = lastStagedOn(group).commit
  if (last !== undefined && equalBytes(last.message.bytes, message.bytes)) return { ok: true, value: last.staged }
  return attempt(() => stage(group, message, undefined))
}

type LastStaged = { commit?: { readonly message: PublicMessage; readonly staged: StagedCommit } }

/** The last commit staged on a group, kept with it: it is what the group is about to evolve by. */
const lastStagedOn = onceEach((_group: PublicGroup): LastStaged => ({}))

/** Epochs are 64 bits on the wire. */
const lastEpoch = 0xffff_ffff_ffff_ffffn

const stage = (group: PublicGroup, message: PublicMessage, policy: GroupPolicy | undefined): StagedCommit => {
  checkHeader(group, message)
  const { content, sender } = message.content
  if (content.type !== 'commit') return refuse('unsupported-message', 'contentType')
  if (group.epoch === lastEpoch) return refuse('invalid-commit', 'lastEpoch')
  switch (sender.type) {
    case 'member':
      return stageMember(group, message, content.commit, sender.leafIndex, policy)
    case 'newMemberCommit':
      return stageExternal(group, message, content.commit, policy)
    case 'external':
    case 'newMemberProposal':
      return refuse('invalid-commit', 'senderType')
  }
}

/** A member's commit (RFC 9420 §12.4.2). */
const stageMember = (
  group: PublicGroup,
  message: PublicMessage,
  { proposals: list, path }: Commit,
  leafIndex: number,
  policy: GroupPolicy | undefined,
): StagedCommit => {
  const before = leafAt(group, leafIndex) ?? refuse('invalid-commit', 'senderLeaf')
  if (policy !== undefined) checkMessageSignature(group, message, before.signatureKey)
  const proposals = list.map((item) => resolveProposal(group, item, message.content.sender))
  checkProposals(group, proposals, policy)
  checkCommitter(proposals, leafIndex)
  const pathNeeded = proposals.length === 0 || proposals.some(({ proposal }) => requiresPath[proposal.type])
  if (pathNeeded && path === undefined) refuse('invalid-commit', 'pathMissing')
  const applied = applyProposals(group, proposals)
  const placed = { leafIndex, tree: applied.tree }
  if (path === undefined) return complete(group, message, policy, { ...placed, before, proposals, applied, path })
  if (policy !== undefined) checkSuccessor(group, leafIndex, before, path.leafNode, policy)
  const tree = withPath(placed, path, applied)
  const updated = [...applied.updated, { leafIndex, before, after: path.leafNode }]
  return complete(group, message, policy, {
    leafIndex,
    tree,
    before,
    proposals,
    applied: { ...applied, updated },
    path,
  })
}

/** A newcomer's or a resyncing client's commit (RFC 9420 §12.4.3.2); a Remove in it is of its own former leaf. */
const stageExternal = (
  group: PublicGroup,
  message: PublicMessage,
  { proposals: list, path }: Commit,
  policy: GroupPolicy | undefined,
): StagedCommit => {
  if (path === undefined) return refuse('invalid-commit', 'pathMissing')
  if (policy !== undefined) checkMessageSignature(group, message, path.leafNode.signatureKey)
  if (list.some(({ type }) => type === 'reference')) refuse('invalid-commit', 'externalReference')
  const proposals = list.map((item) => resolveProposal(group, item, message.content.sender))
  checkProposals(group, proposals, policy)
  if (ofType(proposals, 'externalInit').length !== 1) refuse('invalid-commit', 'externalInit')
  const applied = applyProposals(group, proposals)
  const [former, ...others] = applied.removed
  if (others.length > 0) refuse('invalid-commit', 'externalRemove')
  if (former !== undefined && clientKeyOf(former.leaf.credential) !== clientKeyOf(path.leafNode.credential))
    refuse('invalid-commit', 'externalRemove')
  const placed = makeRoom(applied.tree)
  if (policy !== undefined) checkPlacedLeaf(group, placed.leafIndex, path.leafNode, policy)
  const tree = withPath(placed, path, applied)
  return complete(group, message, policy, {
    leafIndex: placed.leafIndex,
    tree,
    before: undefined,
    proposals,
    applied,
    path,
  })
}

const resolveProposal = (group: PublicGroup, item: ProposalOrRef, committer: Sender): StagedProposal => {
  if (item.type === 'proposal') return { proposal: item.proposal, ref: undefined, sender: committer }
  const ref = toBase64url(item.ref)
  const pending = group.pending.get(ref) ?? refuse('invalid-proposal', 'unknownReference', { refs: [ref] })
  return { proposal: pending.proposal, ref, sender: pending.sender }
}

/** Those by value are judged here; those by reference were when they were accepted, in this same epoch. */
const checkProposals = (
  group: PublicGroup,
  proposals: readonly StagedProposal[],
  policy: GroupPolicy | undefined,
): void => {
  const refs = proposals.map(({ ref }) => ref).filter((ref) => ref !== undefined)
  if (new Set(refs).size !== refs.length) refuse('invalid-proposal', 'repeatedReference')
  for (const { proposal, ref, sender } of proposals) {
    if (ref !== undefined) continue
    if (proposal.type === 'update') refuse('invalid-proposal', 'committerUpdate')
    checkProposalShape(group, proposal, sender)
    if (policy !== undefined) checkProposalContent(group, proposal, sender, policy)
  }
  checkCombination(proposals)
}

type Placed = { readonly leafIndex: number; readonly tree: RatchetTree }

const withPath = ({ tree, leafIndex }: Placed, path: UpdatePath, applied: AppliedProposals): RatchetTree =>
  applyPath(
    tree,
    leafIndex,
    path,
    applied.added.map((added) => added.leafIndex),
  )

type Outcome = Placed & {
  readonly before: LeafNode | undefined
  readonly proposals: readonly StagedProposal[]
  readonly applied: AppliedProposals
  readonly path: UpdatePath | undefined
}

/** The next state, checked as a whole, and the account of what changed. */
const complete = (
  group: PublicGroup,
  message: PublicMessage,
  policy: GroupPolicy | undefined,
  { leafIndex, tree, before, proposals, applied, path }: Outcome,
): StagedCommit => {
  const { confirmationTag } = message
  if (confirmationTag === undefined) return refuse('malformed', 'tag')
  if (policy !== undefined) {
    checkSize(tree, policy.membersMax)
    checkMembers(tree, applied.extensions)
  }
  const next = groupOf({
    groupId: group.groupId,
    epoch: group.epoch + 1n,
    confirmedTranscriptHash: confirmedTranscriptHash(tree.suite, group.interimTranscriptHash, message),
    extensions: applied.extensions,
    tree,
    confirmationTag,
  })
  const leaf = path?.leafNode ?? before ?? refuse('invalid-commit', 'senderLeaf')
  const external = before === undefined
  return {
    next,
    committer: { leafIndex, leaf },
    external,
    resyncOf: external ? applied.removed[0]?.leafIndex : undefined,
    added: applied.added,
    removed: applied.removed,
    updated: applied.updated,
    proposals,
    coveredRefs: proposals.map(({ ref }) => ref).filter((ref) => ref !== undefined),
    contextExtensions: applied.contextExtensions,
    reInit: ofType(proposals, 'reInit')[0]?.proposal,
  }
}
