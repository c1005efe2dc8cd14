/** Judges a proposal sent on its own (RFC 9420 §12.1, §12.2) and keeps it pending. */
import type { PublicMessage, Sender } from '../wire/framing.js'
import { checkMembers, checkSize } from './memberRules.js'
import { checkHeader, checkMessageSignature } from './messageRules.js'
import { pendingOf } from './pendingProposal.js'
import type { GroupPolicy } from './policy.js'
import type { Proposal } from '../wire/proposal.js'
import { applyProposals, checkCombination } from './proposalList.js'
import { checkProposalContent, checkProposalShape } from './proposalRules.js'
import { leafAt, type PendingProposal, type PublicGroup } from './publicGroup.js'
import { proposalRef } from '../crypto/references.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'

export type AcceptedProposal = {
  readonly ref: Uint8Array
  readonly proposal: Proposal
  readonly sender: Sender
  /** The group with the proposal pending. */
  readonly next: PublicGroup
}

/**
 * Refuses, beyond what is wrong with the proposal itself, one that could not be committed together with those pending:
 * an OpenMLS member that has seen both can commit nothing by reference any more.
 */
export const acceptProposal = (
  group: PublicGroup,
  message: PublicMessage,
  policy: GroupPolicy,
): Result<AcceptedProposal> =>
  attempt(() => {
    const pending = pendingIn(group, message)
    if (group.pending.has(pending.ref)) refuse('invalid-proposal', 'alreadyPending', { refs: [pending.ref] })
    const together = [...group.pending.values(), pending]
    checkCombination(together)
    const { tree, extensions } = applyProposals(group, together)
    checkSize(tree, policy.membersMax)
    checkMessageSignature(group, message, senderKey(group, pending))
    checkProposalContent(group, pending.proposal, pending.sender, policy)
    checkMembers(tree, extensions)
    return accepted(group, pending)
  })

/** Replays an accepted proposal: the same without signature and policy checks. */
export const applyProposal = (group: PublicGroup, message: PublicMessage): Result<AcceptedProposal> =>
  attempt(() => accepted(group, pendingIn(group, message)))

const pendingIn = (group: PublicGroup, message: PublicMessage): PendingProposal => {
  checkHeader(group, message)
  const pending = pendingOf(group.cipherSuite, message)
  checkProposalShape(group, pending.proposal, pending.sender)
  return pending
}

/** The key that must have signed it; a newcomer signs with the key of the KeyPackage it proposes. */
const senderKey = (group: PublicGroup, { proposal, sender }: PendingProposal): Uint8Array => {
  switch (sender.type) {
    case 'member':
      return leafAt(group, sender.leafIndex)?.signatureKey ?? refuse('invalid-proposal', 'senderLeaf')
    case 'external':
      return group.externalSenders[sender.senderIndex]?.signatureKey ?? refuse('invalid-proposal', 'externalSender')
    case 'newMemberProposal':
    case 'newMemberCommit':
      return proposal.type === 'add'
        ? proposal.keyPackage.leafNode.signatureKey
        : refuse('invalid-proposal', 'senderType')
  }
}

const accepted = (group: PublicGroup, pending: PendingProposal): AcceptedProposal => ({
  ref: proposalRef(group.cipherSuite, pending.message),
  proposal: pending.proposal,
  sender: pending.sender,
  next: { ...group, pending: new Map(group.pending).set(pending.ref, pending) },
})
