/** The public side of a group at one epoch: what a member without secrets knows (RFC 9420 §8.1, §7). Immutable. */
import type { RequiredCapabilities } from '../wire/capabilities.js'
import { type ExternalSender, externalSendersIn, requiredCapabilitiesIn } from '../wire/contextExtensions.js'
import type { Extension } from '../wire/extension.js'
import type { PublicMessage, Sender } from '../wire/framing.js'
import { encodeGroupContext, mls10, readGroupContext } from '../wire/groupContext.js'
import type { LeafNode } from '../wire/leafNode.js'
import type { Proposal } from '../wire/proposal.js'
import { leafOf, type RatchetTree } from '../tree/ratchetTree.js'
import { decodeExactly } from '../bytes/reader.js'
import { encodeTreeNodes } from '../tree/treeCodec.js'
import { treeHash } from '../tree/treeHash.js'
import { interimTranscriptHash } from '../crypto/transcript.js'

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

export type PendingProposal = {
  /** base64url of the ProposalRef. */
  readonly ref: string
  readonly proposal: Proposal
  readonly sender: Sender
  readonly message: PublicMessage
}

export type Member = { readonly leafIndex: number; readonly leaf: LeafNode }

/** The leaf of a member, or undefined when it is blank or outside the tree. */
export const leafAt = (group: PublicGroup, leafIndex: number): LeafNode | undefined => leafOf(group.tree, leafIndex)

export const members = (group: PublicGroup): Member[] => membersOf(group.tree)

export const membersOf = (tree: RatchetTree): Member[] => {
  const found: Member[] = []
  for (let node = 0; node < tree.nodes.length; node += 2) {
    const leaf = tree.nodes[node]
    if (leaf?.kind === 'leaf') found.push({ leafIndex: node / 2, leaf })
  }
  return found
}

/** The content of the ratchet_tree extension. */
export const encodeTree = (group: PublicGroup): Uint8Array => encodeTreeNodes(group.tree.nodes)

/**
 * Puts a group's state together; the tree hash and the interim transcript hash follow from the rest. What it keeps of the
 * context are views on its own encoding, never on the message that brought it.
 */
export const groupOf = (state: {
  readonly groupId: Uint8Array
  readonly epoch: bigint
  readonly confirmedTranscriptHash: Uint8Array
  readonly extensions: readonly Extension[]
  readonly tree: RatchetTree
  readonly confirmationTag: Uint8Array
}): PublicGroup => {
  const { tree, confirmationTag } = state
  const cipherSuite = tree.suite.id
  const groupContext = encodeGroupContext({ ...state, version: mls10, cipherSuite, treeHash: treeHash(tree) })
  const context = decodeExactly(groupContext, readGroupContext)
  return {
    groupId: context.groupId,
    cipherSuite,
    epoch: context.epoch,
    treeHash: context.treeHash,
    confirmedTranscriptHash: context.confirmedTranscriptHash,
    interimTranscriptHash: interimTranscriptHash(tree.suite, context.confirmedTranscriptHash, confirmationTag),
    groupContext,
    confirmationTag: confirmationTag.slice(),
    extensions: context.extensions,
    requiredCapabilities: requiredCapabilitiesIn(context.extensions),
    externalSenders: externalSendersIn(context.extensions),
    tree,
    pending: new Map(),
  }
}
