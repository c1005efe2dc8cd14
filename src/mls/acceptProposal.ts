/** Judges a proposal sent on its own (RFC 9420 §12.1, §12.2) and keeps it pending. */
import type { PublicMessage, Sender } from './framing.js'
import type { GroupPolicy } from './policy.js'
import type { Proposal } from './proposal.js'
import type { PublicGroup } from './publicGroup.js'
import type { Result } from './refusal.js'

export type AcceptedProposal = {
  readonly ref: Uint8Array
  readonly proposal: Proposal
  readonly sender: Sender
  /** The group with the proposal pending. */
  readonly next: PublicGroup
}

export const acceptProposal = (
  _group: PublicGroup,
  _message: PublicMessage,
  _policy: GroupPolicy,
): Result<AcceptedProposal> => {
  throw new Error('being written')
}

/** Replays an accepted proposal: the same without signature and policy checks. */
export const applyProposal = (_group: PublicGroup, _message: PublicMessage): Result<AcceptedProposal> => {
  throw new Error('being written')
}
