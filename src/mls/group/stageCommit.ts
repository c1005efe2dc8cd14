/** Verifies a Commit as a member without secrets can (RFC 9420 §12.4.2) and says what it would change. */
import { onceEach } from '../../structures/onceEach.js'
import { equalBytes } from '../bytes/bytes.js'
import {
  type AskedCommit,
  type AskedExternal,
  type AskedMember,
  byValue,
  checkCommitSignature,
  checkNewcomers,
  readCommit,
} from './askedCommit.js'
import type { UpdatePath } from '../wire/commit.js'
import { applyPath, checkPathKeys } from './commitPath.js'
import type { PublicMessage } from '../wire/framing.js'
import { checkMembers, checkSize } from './memberRules.js'
import type { GroupPolicy } from './policy.js'
import { type AppliedProposals, ofType } from './proposalList.js'
import { checkPlacedLeaf, checkProposalContent, checkSuccessor } from './proposalRules.js'
import { groupOf, type PublicGroup } from './publicGroup.js'
import { makeRoom, type RatchetTree } from '../tree/ratchetTree.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import type { StagedCommit } from './stagedCommit.js'
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

const stage = (group: PublicGroup, message: PublicMessage, policy: GroupPolicy | undefined): StagedCommit => {
  const asked = readCommit(group, message)
  if (policy !== undefined) judge(group, asked, policy)
  return asked.leafIndex === undefined ? stageExternal(group, asked, policy) : stageMember(group, asked, policy)
}

/** What comes by value is verified: one signature, the Commit's own, before those of all that it carries. */
const judge = (group: PublicGroup, asked: AskedCommit, policy: GroupPolicy): void => {
  checkNewcomers(asked, policy)
  checkCommitSignature(group, asked)
  for (const { proposal, sender } of byValue(asked)) checkProposalContent(group, proposal, sender, policy)
  if (asked.path !== undefined) checkPathKeys(group.tree.suite, asked.path)
}

/** A member's commit (RFC 9420 §12.4.2). */
const stageMember = (group: PublicGroup, asked: AskedMember, policy: GroupPolicy | undefined): StagedCommit => {
  const { leafIndex, before, path, applied } = asked
  const placed = { leafIndex, tree: applied.tree }
  if (path === undefined) return complete(group, policy, { ...asked, ...placed })
  if (policy !== undefined) checkSuccessor(group, leafIndex, before, path.leafNode, policy)
  const tree = withPath(placed, path, applied)
  const updated = [...applied.updated, { leafIndex, before, after: path.leafNode }]
  return complete(group, policy, { ...asked, leafIndex, tree, applied: { ...applied, updated } })
}

/** A newcomer's or a resyncing client's commit (RFC 9420 §12.4.3.2); a Remove in it is of its own former leaf. */
const stageExternal = (group: PublicGroup, asked: AskedExternal, policy: GroupPolicy | undefined): StagedCommit => {
  const { path, applied } = asked
  const placed = makeRoom(applied.tree)
  if (policy !== undefined) checkPlacedLeaf(group, placed.leafIndex, path.leafNode, policy)
  const tree = withPath(placed, path, applied)
  return complete(group, policy, { ...asked, leafIndex: placed.leafIndex, tree })
}

type Placed = { readonly leafIndex: number; readonly tree: RatchetTree }

const withPath = ({ tree, leafIndex }: Placed, path: UpdatePath, applied: AppliedProposals): RatchetTree =>
  applyPath(
    tree,
    leafIndex,
    path,
    applied.added.map((added) => added.leafIndex),
  )

type Outcome = Placed & Pick<AskedCommit, 'message' | 'before' | 'proposals' | 'applied' | 'path'>

/** The next state, checked as a whole, and the account of what changed. */
const complete = (
  group: PublicGroup,
  policy: GroupPolicy | undefined,
  { message, leafIndex, tree, before, proposals, applied, path }: Outcome,
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
