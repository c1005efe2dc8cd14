/** Others' proposals and Commits (RFC 9420 §12.1, §12.4.2), processed. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { type GroupState, unwrap, wrap } from './groupState.js'
import { decodeMessage } from './messageCodec.js'
import { type MemberLeaf, memberLeavesOf } from './memberLeaves.js'
import { makePskIndex, processPublicMessage, type Proposal, type PublicMessage, type RatchetTree } from './tsMls.js'

export type Handshake =
  | { readonly type: 'proposal'; readonly next: GroupState }
  | {
      readonly type: 'commit'
      readonly next: GroupState
      /** Whoever committed, at its leaf before; an external joiner has none. */
      readonly committer: MemberLeaf | undefined
      readonly added: readonly MemberLeaf[]
      readonly removed: readonly MemberLeaf[]
      /** This client among the removed. */
      readonly removesUs: boolean
      readonly consumed: readonly Uint8Array[]
    }
  | { readonly type: 'unreadable'; readonly detail: string }

/** Processes a PublicMessage of the state's epoch, which must not be one's own. */
export const receiveHandshake = async (state: GroupState, bytes: Uint8Array): Promise<Handshake> => {
  const { client, suite } = unwrap(state)
  const message = decodeMessage(bytes, 'mls_public_message')?.publicMessage
  if (message === undefined) return { type: 'unreadable', detail: 'not a PublicMessage' }
  if (!indicesAreInside(message, client.ratchetTree)) return { type: 'unreadable', detail: 'a leaf outside the tree' }
  try {
    const { newState, consumed } = await processPublicMessage(client, message, makePskIndex(client, {}), suite)
    const next = wrap({ client: newState, suite })
    if (message.content.contentType !== 'commit') return { type: 'proposal', next }
    return { type: 'commit', next, consumed, ...changes(client.ratchetTree, newState.ratchetTree, message, next) }
  } catch (error) {
    return { type: 'unreadable', detail: error instanceof Error ? error.message : String(error) }
  }
}

/** ts-mls walks a tree without end from an index that is not in it. */
const indicesAreInside = ({ content }: PublicMessage, tree: RatchetTree): boolean => {
  const width = (tree.length + 1) / 2
  const isInside = (proposal: Proposal): boolean =>
    proposal.proposalType !== 'remove' || proposal.remove.removed < width
  if (content.sender.senderType === 'member' && content.sender.leafIndex >= width) return false
  if (content.contentType === 'proposal') return isInside(content.proposal)
  if (content.contentType !== 'commit') return true
  return content.commit.proposals.every((entry) => entry.proposalOrRefType === 'reference' || isInside(entry.proposal))
}

const changes = (before: RatchetTree, after: RatchetTree, { content }: PublicMessage, next: GroupState) => {
  const leavesBefore = memberLeavesOf(before)
  const leavesAfter = memberLeavesOf(after)
  const { sender } = content
  return {
    committer:
      sender.senderType === 'member' ? leavesBefore.find(({ leafIndex }) => leafIndex === sender.leafIndex) : undefined,
    added: leavesAfter.filter((leaf) => !leavesBefore.some((other) => isSameClient(leaf, other))),
    removed: leavesBefore.filter((leaf) => !leavesAfter.some((other) => isSameClient(leaf, other))),
    removesUs: unwrap(next).client.groupActiveState.kind === 'removedFromGroup',
  }
}

/** A client keeps its signature key for as long as it is in a group, through a resync too. */
const isSameClient = (a: MemberLeaf, b: MemberLeaf): boolean => equalBytes(a.signatureKey, b.signatureKey)
