/** Tree hashes and parent hashes (RFC 9420 §7.8, §7.9). */
import { hash } from '../crypto/labels.js'
import { type ParentNode, writeParentNode } from '../wire/parentNode.js'
import { leafOf, parentOf, type RatchetTree, rootOf } from './ratchetTree.js'
import { isLeaf, leavesUnder, left, right } from './treeMath.js'
import { type Writer, writeOpaque, writeRaw, writerOf, writeUint32, writeUint8 } from '../bytes/writer.js'

const nodeTypes = { leaf: 1, parent: 2 } as const

export const treeHash = (tree: RatchetTree): Uint8Array => subtreeHash(tree, rootOf(tree))

/** The tree hash of one node's subtree, remembered in the tree. */
export const subtreeHash = (tree: RatchetTree, node: number): Uint8Array => {
  const known = tree.hashes[node]
  if (known !== undefined) return known
  const made = isLeaf(node)
    ? leafHash(tree, node / 2, false)
    : parentNodeHash(tree, parentOf(tree, node), subtreeHash(tree, left(node)), subtreeHash(tree, right(node)))
  tree.hashes[node] = made
  return made
}

const leafHash = (tree: RatchetTree, leafIndex: number, blanked: boolean): Uint8Array => {
  const leaf = blanked ? undefined : leafOf(tree, leafIndex)
  const writer = writerOf(leaf === undefined ? 16 : leaf.bytes.length + 16)
  writeUint8(writer, nodeTypes.leaf)
  writeUint32(writer, leafIndex)
  writeUint8(writer, leaf === undefined ? 0 : 1)
  if (leaf !== undefined) writeRaw(writer, leaf.bytes)
  return hashWritten(tree, writer)
}

const parentNodeHash = (
  tree: RatchetTree,
  parent: ParentNode | undefined,
  leftHash: Uint8Array,
  rightHash: Uint8Array,
): Uint8Array => {
  const writer = writerOf(512)
  writeUint8(writer, nodeTypes.parent)
  writeUint8(writer, parent === undefined ? 0 : 1)
  if (parent !== undefined) writeParentNode(writer, parent)
  writeOpaque(writer, leftHash)
  writeOpaque(writer, rightHash)
  return hashWritten(tree, writer)
}

const hashWritten = (tree: RatchetTree, writer: Writer): Uint8Array =>
  hash(tree.suite, writer.bytes.subarray(0, writer.length))

/** The parent hash of a parent over its child on the copath (RFC 9420 §7.9). */
export const parentHash = (tree: RatchetTree, parent: ParentNode, copath: number): Uint8Array => {
  const writer = writerOf(512)
  writeOpaque(writer, parent.encryptionKey)
  writeOpaque(writer, parent.parentHash)
  writeOpaque(writer, hashWithout(tree, copath, new Set(parent.unmergedLeaves)))
  return hashWritten(tree, writer)
}

/** The hash a subtree had before these leaves were added to it: they are blank in it, and unmerged nowhere. */
const hashWithout = (tree: RatchetTree, node: number, leaves: ReadonlySet<number>): Uint8Array => {
  if (!anyUnder(node, leaves)) return subtreeHash(tree, node)
  if (isLeaf(node)) return leafHash(tree, node / 2, true)
  const parent = parentOf(tree, node)
  const before =
    parent === undefined
      ? undefined
      : { ...parent, unmergedLeaves: parent.unmergedLeaves.filter((leaf) => !leaves.has(leaf)) }
  return parentNodeHash(tree, before, hashWithout(tree, left(node), leaves), hashWithout(tree, right(node), leaves))
}

const anyUnder = (node: number, leaves: ReadonlySet<number>): boolean => {
  const { first, last } = leavesUnder(node)
  for (const leaf of leaves) if (leaf >= first && leaf <= last) return true
  return false
}
