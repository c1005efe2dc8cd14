/** The proposals of this epoch that wait for a Commit, as this member has seen them. */
import { type GroupState, unwrap } from './groupState.js'

export type PendingProposal = {
  /** ProposalRef (RFC 9420 §5.2), base64: how ts-mls keys it. */
  readonly key: string
  readonly kind: string
  readonly sender: number | undefined
  /** The leaf that a Remove takes out. */
  readonly removes: number | undefined
}

export const pendingIn = (state: GroupState): readonly PendingProposal[] =>
  Object.entries(unwrap(state).client.unappliedProposals).map(([key, { proposal, senderLeafIndex }]) => ({
    key,
    kind: String(proposal.proposalType),
    sender: senderLeafIndex,
    removes: proposal.proposalType === 'remove' ? proposal.remove.removed : undefined,
  }))
