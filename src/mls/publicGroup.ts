/** The public side of a group at one epoch: what a member without secrets knows (RFC 9420 §8.1, §7). Immutable. */
import type { RequiredCapabilities } from './capabilities.js'
import type { Credential } from './credential.js'
import type { Extension } from './extension.js'
import type { PublicMessage, Sender } from './framing.js'
import type { LeafNode } from './leafNode.js'
import type { Proposal } from './proposal.js'
import type { RatchetTree } from './ratchetTree.js'

export type PublicGroup = {
  readonly groupId: Uint8Array
  readonly cipherSuite: number
  readonly epoch: bigint
  readonly treeHash: Uint8Array
  readonly confirmedTranscriptHash: Uint8Array
  readonly interimTranscriptHash: Uint8Array
  /** The encoded GroupContext. */
  readonly groupContext: Uint8Array
  readonly confirmationTag: Uint8Array
  readonly extensions: readonly Extension[]
  readonly requiredCapabilities: RequiredCapabilities
  readonly externalSenders: readonly ExternalSender[]
  readonly tree: RatchetTree
  /** Proposals accepted in this epoch and not committed, in the order they came; keyed by base64url reference. */
  readonly pending: ReadonlyMap<string, PendingProposal>
}

export type ExternalSender = { readonly signatureKey: Uint8Array; readonly credential: Credential }

export type PendingProposal = {
  /** base64url of the ProposalRef. */
  readonly ref: string
  readonly proposal: Proposal
  readonly sender: Sender
  readonly message: PublicMessage
}

export type Member = { readonly leafIndex: number; readonly leaf: LeafNode }
