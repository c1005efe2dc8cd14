/** A public group from a GroupInfo: read as far as costs little, then everything in it verified (RFC 9420 §12.4.3.1). */
import { equalBytes } from '../bytes/bytes.js'
import { cipherSuite } from '../crypto/cipherSuite.js'
import { checkContextExtensions } from '../wire/contextExtensions.js'
import { extensionType, findExtension } from '../wire/extension.js'
import { mls10 } from '../wire/groupContext.js'
import type { GroupInfo } from '../wire/groupInfo.js'
import type { LeafNode } from '../wire/leafNode.js'
import { treeLeavesMax } from '../wire/limits.js'
import { checkMembers, checkSize } from './memberRules.js'
import { decodeMlsMessage } from '../wire/mlsMessage.js'
import type { GroupPolicy } from './policy.js'
import { groupOf, leafAt, members, type PublicGroup } from './publicGroup.js'
import { treeOf } from '../tree/ratchetTree.js'
import { attempt, refuse, type Result, valueOf } from '../bytes/refusal.js'
import { verifyWithLabel } from '../crypto/labels.js'
import { decodeTreeNodes } from '../tree/treeCodec.js'
import { verifyTree } from './verifyTree.js'

/** A group as its GroupInfo says it is: no signature in it was verified. */
export type ClaimedGroup = { readonly group: PublicGroup; readonly info: GroupInfo }

/**
 * `groupInfo` is an MLSMessage; the tree (content of the ratchet_tree extension) stands inside it or beside. Refused is what
 * is malformed, does not fit together, or has more than `leavesMax` leaves.
 */
export const readClaimedGroup = (
  groupInfo: Uint8Array,
  ratchetTree: Uint8Array | undefined,
  leavesMax = treeLeavesMax,
): Result<ClaimedGroup> =>
  attempt(() => {
    const message = valueOf(decodeMlsMessage(groupInfo))
    if (message.wireFormat !== 'groupInfo') return refuse('unsupported-message', 'wireFormat')
    const info = message.groupInfo
    const tree = ratchetTree ?? findExtension(info.extensions, extensionType.ratchetTree)
    if (tree === undefined) return refuse('group-info-mismatch', 'treeMissing')
    return claimedGroup(info, new Uint8Array(tree), leavesMax)
  })

const claimedGroup = (info: GroupInfo, ratchetTree: Uint8Array, leavesMax: number): ClaimedGroup => {
  const { groupContext: context, confirmationTag } = info
  const suite = cipherSuite(context.cipherSuite)
  if (context.version !== mls10) refuse('unsupported-message', 'version')
  if (confirmationTag.length !== suite.hashBytes) refuse('malformed', 'confirmationTag')
  const tree = treeOf(suite, decodeTreeNodes(ratchetTree, leavesMax))
  const group = groupOf({ ...context, tree, confirmationTag })
  if (!equalBytes(group.groupContext, context.bytes)) refuse('group-info-mismatch', 'treeHash')
  return { group, info }
}

/** Verifies what was read: what costs least goes first, one signature before those of all leaves. */
export const verifyClaimedGroup = ({ group, info }: ClaimedGroup, policy: GroupPolicy): Result<PublicGroup> =>
  attempt(() => {
    checkSize(group.tree, policy.membersMax)
    checkContextExtensions(group.extensions, policy.requiredExtensions, 'group-info-mismatch')
    checkGroupInfoSignature(group, info)
    checkMembers(group.tree, group.extensions)
    verifyTree(group.tree, group.groupId)
    for (const { leaf } of members(group)) checkVouched(leaf, policy)
    return group
  })

/**
 * Both at once. Lifetimes are not judged: a member whose KeyPackage has expired since is still one. 25 to 80 ms for 500
 * members.
 */
export const createPublicGroup = (
  groupInfo: Uint8Array,
  ratchetTree: Uint8Array | undefined,
  policy: GroupPolicy,
): Result<PublicGroup> => {
  const claimed = readClaimedGroup(groupInfo, ratchetTree)
  return claimed.ok ? verifyClaimedGroup(claimed.value, policy) : claimed
}

/** Its signer is a member, and signed it. */
export const checkGroupInfoSignature = (group: PublicGroup, info: GroupInfo): void => {
  const signer = leafAt(group, info.signer) ?? refuse('group-info-mismatch', 'signer')
  if (!verifyWithLabel(group.tree.suite, signer.signatureKey, 'GroupInfoTBS', info.signedBytes, info.signature))
    refuse('invalid-signature', 'groupInfo')
}

/** What the caller's policy has to say of a leaf. */
export const checkVouched = (leaf: LeafNode, policy: GroupPolicy): void => {
  valueOf(policy.credential(leaf.credential, leaf.signatureKey))
  valueOf(policy.queueReference(leaf))
}
