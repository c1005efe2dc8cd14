/** What a verified Commit would do to the group: the next state, and each change with who asked for it. */
import type { Extension } from '../wire/extension.js'
import type { Sender } from '../wire/framing.js'
import type { KeyPackage } from '../wire/keyPackage.js'
import type { LeafNode } from '../wire/leafNode.js'
import type { Proposal } from '../wire/proposal.js'
import type { PublicGroup } from './publicGroup.js'

export type StagedCommit = {
  readonly next: PublicGroup
  /** The committer's leaf; of an external commit, the leaf it makes. */
  readonly committer: { readonly leafIndex: number; readonly leaf: LeafNode }
  readonly external: boolean
  /** The leaf of the same client that an external commit replaces. */
  readonly resyncOf: number | undefined
  readonly added: readonly AddedLeaf[]
  readonly removed: readonly RemovedLeaf[]
  /** Leaves replaced by Update proposals and, in a member's commit, by the committer's path. */
  readonly updated: readonly UpdatedLeaf[]
  readonly proposals: readonly StagedProposal[]
  /** base64url references of the pending proposals that it covers. */
  readonly coveredRefs: readonly string[]
  /** The new GroupContext extensions, if it replaces them. */
  readonly contextExtensions: readonly Extension[] | undefined
  /** The ReInit that ends the group, if it is one. */
  readonly reInit: Extract<Proposal, { type: 'reInit' }> | undefined
}

/** A proposal as the commit carries it; by value its sender is the committer, by reference whoever proposed it. */
export type StagedProposal = {
  readonly proposal: Proposal
  /** base64url reference, if it came by reference. */
  readonly ref: string | undefined
  readonly sender: Sender
}

export type AddedLeaf = {
  readonly leafIndex: number
  readonly leaf: LeafNode
  readonly keyPackage: KeyPackage
  readonly keyPackageRef: Uint8Array
  readonly proposalRef: string | undefined
  readonly proposer: Sender
}

export type RemovedLeaf = {
  readonly leafIndex: number
  readonly leaf: LeafNode
  readonly proposalRef: string | undefined
  readonly proposer: Sender
}

export type UpdatedLeaf = { readonly leafIndex: number; readonly before: LeafNode; readonly after: LeafNode }
