/** Whether a single proposal is valid in a group (RFC 9420 §12.1), whoever commits it. */
import { checkContextExtensions } from '../wire/contextExtensions.js'
import { checkVouched } from './createPublicGroup.js'
import type { Sender } from '../wire/framing.js'
import { mls10 } from '../wire/groupContext.js'
import { clientKeyOf } from './identity.js'
import type { LeafNode } from '../wire/leafNode.js'
import { checkFreshKey, checkLeafContent, checkLeafSignature, checkLifetime } from './leafRules.js'
import type { GroupPolicy } from './policy.js'
import type { PreSharedKeyId } from '../wire/preSharedKeyId.js'
import type { Proposal, ProposalType } from '../wire/proposal.js'
import { leafAt, type PublicGroup } from './publicGroup.js'
import { refuse } from '../bytes/refusal.js'
import { isHpkeKey } from '../crypto/soundKey.js'
import { checkKeyPackage } from './validateKeyPackage.js'

/** What each kind of sender may propose on its own (RFC 9420 §12.1.8); in a Commit by value, §12.2 and §12.4.3.2. */
const allowed: Readonly<Record<Sender['type'], readonly ProposalType[]>> = {
  member: ['add', 'update', 'remove', 'preSharedKey', 'reInit', 'groupContextExtensions'],
  external: ['add', 'remove', 'preSharedKey', 'reInit', 'groupContextExtensions'],
  newMemberProposal: ['add'],
  newMemberCommit: ['externalInit', 'remove', 'preSharedKey'],
}

/** That this sender may send it, and that what it points at is there: safe to apply, whatever else it is. */
export const checkProposalShape = (group: PublicGroup, proposal: Proposal, sender: Sender): void => {
  if (!allowed[sender.type].includes(proposal.type)) refuse('invalid-proposal', 'senderType')
  if (proposal.type === 'remove' && leafAt(group, proposal.removed) === undefined)
    refuse('invalid-proposal', 'removedLeaf')
  if (proposal.type === 'update') updatedLeaf(group, sender)
}

/** The leaf that an Update of this sender replaces. */
const updatedLeaf = (group: PublicGroup, sender: Sender): { readonly leafIndex: number; readonly leaf: LeafNode } => {
  const leafIndex = sender.type === 'member' ? sender.leafIndex : -1
  const leaf = leafAt(group, leafIndex) ?? refuse('invalid-proposal', 'updatedLeaf')
  return { leafIndex, leaf }
}

/** The proposal's own content; how it goes with others is proposalList.ts. */
export const checkProposalContent = (
  group: PublicGroup,
  proposal: Proposal,
  sender: Sender,
  policy: GroupPolicy,
): void => {
  const { suite } = group.tree
  switch (proposal.type) {
    case 'add': {
      const { leafNode } = proposal.keyPackage
      checkKeyPackage(suite, proposal.keyPackage, policy)
      if (policy.lifetimes === undefined) checkLifetime(leafNode, policy.now, policy.maxLifetimeS)
      checkVouched(leafNode, policy)
      return
    }
    case 'update': {
      const { leafIndex, leaf } = updatedLeaf(group, sender)
      if (proposal.leafNode.source.type !== 'update') refuse('invalid-leaf', 'source')
      checkSuccessor(group, leafIndex, leaf, proposal.leafNode, policy)
      return
    }
    case 'preSharedKey':
      checkPreSharedKey(group, proposal.key)
      return
    case 'reInit':
      if (proposal.version !== mls10) refuse('invalid-proposal', 'version')
      return
    case 'externalInit':
      // An ephemeral public key of the KEM (RFC 9180 §4.1): the others must be able to agree on a secret with it.
      if (!isHpkeKey(suite, proposal.kemOutput)) refuse('invalid-proposal', 'kemOutput')
      return
    case 'groupContextExtensions':
      checkContextExtensions(proposal.extensions, policy.requiredExtensions, 'invalid-proposal')
      return
    case 'remove':
  }
}

/** A leaf that follows another of the same client, in an Update or a path (RFC 9420 §7.3, §12.1.2). */
export const checkSuccessor = (
  group: PublicGroup,
  leafIndex: number,
  before: LeafNode,
  after: LeafNode,
  policy: GroupPolicy,
): void => {
  checkFreshKey(before, after)
  if (clientKeyOf(before.credential) !== clientKeyOf(after.credential)) refuse('invalid-leaf', 'identityChanged')
  checkPlacedLeaf(group, leafIndex, after, policy)
}

/** A leaf that was signed for its place in this group. */
export const checkPlacedLeaf = (group: PublicGroup, leafIndex: number, leaf: LeafNode, policy: GroupPolicy): void => {
  checkLeafContent(group.tree.suite, leaf)
  checkLeafSignature(group.tree.suite, leaf, { groupId: group.groupId, leafIndex })
  checkVouched(leaf, policy)
}

/** RFC 9420 §12.1.4: a fresh nonce; reinit and branch keys only in the first Commit of the group they make. */
const checkPreSharedKey = (group: PublicGroup, key: PreSharedKeyId): void => {
  if (key.nonce.length !== group.tree.suite.hashBytes) refuse('invalid-proposal', 'nonce')
  if (key.type === 'resumption' && key.usage !== 'application' && group.epoch !== 0n)
    refuse('invalid-proposal', 'resumptionUsage')
}
