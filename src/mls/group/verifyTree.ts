/** Verifies a ratchet tree that somebody else made (RFC 9420 §12.4.3.1): its leaves, parents and parent hashes. */
import { equalBytes } from '../bytes/bytes.js'
import { checkLeafContent, checkLeafSignature } from './leafRules.js'
import type { ParentNode } from '../wire/parentNode.js'
import { membersOf } from './publicGroup.js'
import { leafOf, parentOf, type RatchetTree, resolution } from '../tree/ratchetTree.js'
import { refuse } from '../bytes/refusal.js'
import { isHpkeKey } from '../crypto/soundKey.js'
import { parentHash } from '../tree/treeHash.js'
import { leafNodeIndex, leavesUnder, left, parent, right } from '../tree/treeMath.js'

export const verifyTree = (tree: RatchetTree, groupId: Uint8Array): void => {
  verifyParents(tree)
  for (const { leafIndex, leaf } of membersOf(tree)) {
    checkLeafContent(tree.suite, leaf)
    checkLeafSignature(tree.suite, leaf, { groupId, leafIndex })
  }
}

/** Unmerged leaves and parent hashes of every parent that is not blank. */
export const verifyParents = (tree: RatchetTree): void => {
  for (let node = 1; node < tree.nodes.length; node += 2) {
    const here = parentOf(tree, node)
    if (here === undefined) continue
    if (!isHpkeKey(tree.suite, here.encryptionKey)) refuse('group-info-mismatch', 'parentKey')
    checkUnmerged(tree, node, here)
    if (!isParentHashValid(tree, node, here)) refuse('group-info-mismatch', 'parentHash')
  }
}

/** Unmerged leaves: ascending, members under the node, and unmerged in every parent between. */
const checkUnmerged = (tree: RatchetTree, node: number, here: ParentNode): void => {
  const { first, last } = leavesUnder(node)
  let previous = -1
  for (const leafIndex of here.unmergedLeaves) {
    const inside = leafIndex > previous && leafIndex >= first && leafIndex <= last
    if (!inside || leafOf(tree, leafIndex) === undefined || !isUnmergedBelow(tree, node, leafIndex))
      refuse('group-info-mismatch', 'unmergedLeaves')
    previous = leafIndex
  }
}

const isUnmergedBelow = (tree: RatchetTree, node: number, leafIndex: number): boolean => {
  for (let at = parent(leafNodeIndex(leafIndex)); at !== node; at = parent(at)) {
    const between = parentOf(tree, at)
    if (between !== undefined && !between.unmergedLeaves.includes(leafIndex)) return false
  }
  return true
}

/** Whether the last committer through this node is under one of its children (RFC 9420 §7.9.2). */
const isParentHashValid = (tree: RatchetTree, node: number, here: ParentNode): boolean =>
  isLinkedThrough(tree, here, left(node), right(node)) || isLinkedThrough(tree, here, right(node), left(node))

const isLinkedThrough = (tree: RatchetTree, here: ParentNode, child: number, copath: number): boolean => {
  const resolved = resolution(tree, child)
  const merged = resolved.filter((node) => node % 2 === 1 || !here.unmergedLeaves.includes(node / 2))
  const [link, ...others] = merged
  if (link === undefined || others.length > 0) return false
  const { first, last } = leavesUnder(child)
  const unmergedHere = here.unmergedLeaves.filter((leaf) => leaf >= first && leaf <= last)
  if (unmergedHere.length !== resolved.length - 1) return false
  const claimed = parentHashOf(tree, link)
  return claimed !== undefined && equalBytes(claimed, parentHash(tree, here, copath))
}

const parentHashOf = (tree: RatchetTree, node: number): Uint8Array | undefined => {
  const found = tree.nodes[node]
  if (found?.kind === 'parent') return found.parentHash
  return found?.source.type === 'commit' ? found.source.parentHash : undefined
}
