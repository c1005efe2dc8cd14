/** Whether proposals can be committed together (RFC 9420 §12.2), and what they do to the tree (§12.3). */
import { toBase64url } from '../bytes/base64url.js'
import type { Extension } from '../wire/extension.js'
import type { Sender } from '../wire/framing.js'
import { clientKeyOf } from './identity.js'
import type { LeafNode } from '../wire/leafNode.js'
import type { Proposal, ProposalType } from '../wire/proposal.js'
import { leafAt, type PublicGroup } from './publicGroup.js'
import { addLeaves, type RatchetTree, removeLeaves, updateLeaf } from '../tree/ratchetTree.js'
import { keyPackageRef } from '../crypto/references.js'
import { refuse } from '../bytes/refusal.js'
import type { AddedLeaf, RemovedLeaf, StagedProposal, UpdatedLeaf } from './stagedCommit.js'

export type AppliedProposals = {
  readonly tree: RatchetTree
  readonly extensions: readonly Extension[]
  readonly contextExtensions: readonly Extension[] | undefined
  readonly added: readonly AddedLeaf[]
  readonly removed: readonly RemovedLeaf[]
  readonly updated: readonly UpdatedLeaf[]
}

type Of<Type extends ProposalType> = StagedProposal & { readonly proposal: Extract<Proposal, { type: Type }> }

export const ofType = <Type extends ProposalType>(proposals: readonly StagedProposal[], type: Type): Of<Type>[] =>
  proposals.filter((staged): staged is Of<Type> => staged.proposal.type === type)

/** Refuses a list that no member could commit, naming the references in it. */
export const checkCombination = (proposals: readonly StagedProposal[]): void => {
  const contexts = ofType(proposals, 'groupContextExtensions')
  if (contexts.length > 1) refuseList('repeatedContextExtensions', contexts)
  if (ofType(proposals, 'reInit').length > 0 && proposals.length > 1) refuseList('reInitAlone', proposals)
  refuseRepeats('repeatedLeaf', proposals, leafTouched)
  refuseRepeats('repeatedPreSharedKey', ofType(proposals, 'preSharedKey'), ({ proposal }) =>
    toBase64url(proposal.key.bytes),
  )
  const adds = ofType(proposals, 'add')
  refuseRepeats('repeatedAdd', adds, ({ proposal }) => toBase64url(proposal.keyPackage.leafNode.signatureKey))
  // Only now, for it reads a certificate each.
  refuseRepeats('repeatedAdd', adds, ({ proposal }) => clientKeyOf(proposal.keyPackage.leafNode.credential))
}

/** A member's Commit holds no Update and no Remove of itself, and no ExternalInit (RFC 9420 §12.2). */
export const checkCommitter = (proposals: readonly StagedProposal[], leafIndex: number): void => {
  const ownUpdates = ofType(proposals, 'update').filter(({ sender }) => senderLeaf(sender) === leafIndex)
  if (ownUpdates.length > 0) refuseList('committerUpdate', ownUpdates)
  const ownRemoves = ofType(proposals, 'remove').filter(({ proposal }) => proposal.removed === leafIndex)
  if (ownRemoves.length > 0) refuseList('committerRemove', ownRemoves)
}

const refuseRepeats = <T extends StagedProposal>(
  reason: string,
  proposals: readonly T[],
  keyOf: (staged: T) => string | number | undefined,
): void => {
  const seen = new Set<string | number>()
  for (const staged of proposals) {
    const key = keyOf(staged)
    if (key === undefined) continue
    if (seen.has(key)) refuseList(reason, [staged])
    seen.add(key)
  }
}

const refuseList = (reason: string, proposals: readonly StagedProposal[]): never => {
  const refs = proposals.map(({ ref }) => ref).filter((ref) => ref !== undefined)
  return refuse('invalid-proposal', reason, refs.length > 0 ? { refs } : {})
}

/** The leaf that an Update or Remove changes: there may be one of them at most per leaf. */
const leafTouched = ({ proposal, sender }: StagedProposal): number | undefined => {
  if (proposal.type === 'remove') return proposal.removed
  return proposal.type === 'update' ? senderLeaf(sender) : undefined
}

const senderLeaf = (sender: Sender): number | undefined => (sender.type === 'member' ? sender.leafIndex : undefined)

/** Applies a list in the order of RFC 9420 §12.3: context extensions, Updates, Removes, Adds. */
export const applyProposals = (group: PublicGroup, proposals: readonly StagedProposal[]): AppliedProposals => {
  const contextExtensions = ofType(proposals, 'groupContextExtensions')[0]?.proposal.extensions
  const updated = ofType(proposals, 'update').map(({ proposal, sender }) => {
    const leafIndex = senderLeaf(sender) ?? -1
    return { leafIndex, before: presentLeaf(group, leafIndex), after: proposal.leafNode }
  })
  const removed = ofType(proposals, 'remove').map(({ proposal, ref, sender }) => ({
    leafIndex: proposal.removed,
    leaf: presentLeaf(group, proposal.removed),
    proposalRef: ref,
    proposer: sender,
  }))
  let tree = group.tree
  for (const { leafIndex, after } of updated) tree = updateLeaf(tree, leafIndex, after)
  if (removed.length > 0)
    tree = removeLeaves(
      tree,
      removed.map(({ leafIndex }) => leafIndex),
    )
  const adds = ofType(proposals, 'add')
  const grown =
    adds.length > 0
      ? addLeaves(
          tree,
          adds.map(({ proposal }) => proposal.keyPackage.leafNode),
        )
      : undefined
  return {
    tree: grown?.tree ?? tree,
    extensions: contextExtensions ?? group.extensions,
    contextExtensions,
    added: adds.map((add, at) => addedLeaf(add, grown?.leafIndices[at] ?? -1)),
    removed,
    updated,
  }
}

const presentLeaf = (group: PublicGroup, leafIndex: number): LeafNode =>
  leafAt(group, leafIndex) ?? refuse('invalid-proposal', 'blankLeaf')

const addedLeaf = ({ proposal, ref, sender }: Of<'add'>, leafIndex: number): AddedLeaf => ({
  leafIndex,
  leaf: proposal.keyPackage.leafNode,
  keyPackage: proposal.keyPackage,
  keyPackageRef: keyPackageRef(proposal.keyPackage),
  proposalRef: ref,
  proposer: sender,
})
