/** The ratchet tree (RFC 9420 §7), immutable: a change copies the array of nodes and shares the nodes. */
import type { CipherSuite } from '../crypto/suite.js'
import { type LeafNode, ownLeafNode } from '../wire/leafNode.js'
import { treeLeavesMax } from '../wire/limits.js'
import type { ParentNode } from '../wire/parentNode.js'
import { refuse } from '../bytes/refusal.js'
import { directPath, isLeaf, leafNodeIndex, leavesFor, left, nodeWidth, right, root, sibling } from './treeMath.js'

export type TreeNode = LeafNode | ParentNode | undefined

export type RatchetTree = {
  readonly suite: CipherSuite
  /** The nodes of a full tree in the order of RFC 9420 appendix C; blank ones are undefined. */
  readonly nodes: readonly TreeNode[]
  /** The tree hash of each node's subtree as far as it is known; filled when asked for, see treeHash.ts. */
  readonly hashes: (Uint8Array | undefined)[]
}

/** A tree that is being changed; what it becomes is a RatchetTree again. */
type Draft = { nodes: TreeNode[]; hashes: (Uint8Array | undefined)[] }

/** A tree from its nodes, trailing blanks left out or not; the last one must be a leaf that is there. */
export const treeOf = (suite: CipherSuite, nodes: readonly TreeNode[]): RatchetTree => {
  const width = nodeWidth(leavesFor((nodes.length - 1) >> 1))
  const full: TreeNode[] = nodes.slice()
  while (full.length < width) full.push(undefined)
  return { suite, nodes: full, hashes: new Array<undefined>(width).fill(undefined) }
}

/** The leaf, or undefined when it is blank or outside the tree; safe for any index. */
export const leafOf = (tree: RatchetTree, leafIndex: number): LeafNode | undefined => {
  const node = tree.nodes[leafNodeIndex(leafIndex)]
  return node?.kind === 'leaf' ? node : undefined
}

export const parentOf = (tree: RatchetTree, node: number): ParentNode | undefined => {
  const found = tree.nodes[node]
  return found?.kind === 'parent' ? found : undefined
}

/** The nodes that together cover all members under a node (RFC 9420 §4.1.1). */
export const resolution = (tree: RatchetTree, node: number): number[] => {
  const found: number[] = []
  resolveInto(tree, node, found)
  return found
}

const resolveInto = (tree: RatchetTree, node: number, found: number[]): void => {
  const here = tree.nodes[node]
  if (here !== undefined) {
    found.push(node)
    if (here.kind === 'parent') for (const leafIndex of here.unmergedLeaves) found.push(leafNodeIndex(leafIndex))
  } else if (!isLeaf(node)) {
    resolveInto(tree, left(node), found)
    resolveInto(tree, right(node), found)
  }
}

/** Whether nobody is under a node, which is what an empty resolution says. */
const isEmpty = (tree: RatchetTree, node: number): boolean =>
  tree.nodes[node] === undefined && (isLeaf(node) || (isEmpty(tree, left(node)) && isEmpty(tree, right(node))))

/** A node of a leaf's filtered direct path, with its child on the copath (RFC 9420 §4.1.2). */
export type PathStep = { readonly node: number; readonly copath: number }

export const filteredDirectPath = (tree: RatchetTree, leafIndex: number): PathStep[] => {
  const steps: PathStep[] = []
  let below = leafNodeIndex(leafIndex)
  for (const node of directPath(below, tree.nodes.length)) {
    const copath = sibling(below)
    if (!isEmpty(tree, copath)) steps.push({ node, copath })
    below = node
  }
  return steps
}

const draftOf = (tree: RatchetTree): Draft => ({ nodes: tree.nodes.slice(), hashes: tree.hashes.slice() })

const settle = (suite: CipherSuite, draft: Draft): RatchetTree => ({ suite, nodes: draft.nodes, hashes: draft.hashes })

const put = (draft: Draft, node: number, value: TreeNode): void => {
  draft.nodes[node] = value
  draft.hashes[node] = undefined
}

/** Forgets the hashes of all that is above a leaf, and there blanks the nodes or replaces them. */
const rewritePath = (draft: Draft, leafIndex: number, rewrite: (before: TreeNode) => TreeNode): void => {
  for (const node of directPath(leafNodeIndex(leafIndex), draft.nodes.length))
    put(draft, node, rewrite(draft.nodes[node]))
}

const blank = (): undefined => undefined

/** Applies an Update (RFC 9420 §12.1.2): the leaf is replaced, what is above it blanked. */
export const updateLeaf = (tree: RatchetTree, leafIndex: number, leaf: LeafNode): RatchetTree => {
  const draft = draftOf(tree)
  put(draft, leafNodeIndex(leafIndex), ownLeafNode(leaf))
  rewritePath(draft, leafIndex, blank)
  return settle(tree.suite, draft)
}

/** Applies Removes (RFC 9420 §12.1.3): the leaves and what is above them blanked, then the tree truncated. */
export const removeLeaves = (tree: RatchetTree, leafIndices: readonly number[]): RatchetTree => {
  const draft = draftOf(tree)
  for (const leafIndex of leafIndices) {
    put(draft, leafNodeIndex(leafIndex), undefined)
    rewritePath(draft, leafIndex, blank)
  }
  truncate(draft)
  return settle(tree.suite, draft)
}

/** Halves the tree while its right half has no member (RFC 9420 §7.7). */
const truncate = (draft: Draft): void => {
  let last = draft.nodes.length - 1
  while (last > 0 && draft.nodes[last] === undefined) last -= 2
  const width = nodeWidth(leavesFor(last >> 1))
  draft.nodes.length = width
  draft.hashes.length = width
}

/** Applies Adds in order (RFC 9420 §12.1.1): each takes the leftmost blank leaf and is unmerged everywhere above it. */
export const addLeaves = (
  tree: RatchetTree,
  leaves: readonly LeafNode[],
): { readonly tree: RatchetTree; readonly leafIndices: readonly number[] } => {
  const draft = draftOf(tree)
  const leafIndices: number[] = []
  let from = 0
  for (const leaf of leaves) {
    const leafIndex = leftmostBlank(draft, from)
    put(draft, leafNodeIndex(leafIndex), ownLeafNode(leaf))
    rewritePath(draft, leafIndex, (before) => (before?.kind === 'parent' ? withUnmerged(before, leafIndex) : undefined))
    leafIndices.push(leafIndex)
    from = leafIndex + 1
  }
  return { tree: settle(tree.suite, draft), leafIndices }
}

/** The leaf an external committer takes: the leftmost blank one, in a tree that is widened for it when it is full. */
export const makeRoom = (tree: RatchetTree): { readonly tree: RatchetTree; readonly leafIndex: number } => {
  const draft = draftOf(tree)
  const leafIndex = leftmostBlank(draft, 0)
  return { tree: settle(tree.suite, draft), leafIndex }
}

const leftmostBlank = (draft: Draft, from: number): number => {
  for (let node = leafNodeIndex(from); node < draft.nodes.length; node += 2)
    if (draft.nodes[node] === undefined) return node / 2
  return widen(draft)
}

/** Doubles the tree under a new, blank root, and names its first new leaf. */
const widen = (draft: Draft): number => {
  const leaves = (draft.nodes.length + 1) / 2
  if (leaves * 2 > treeLeavesMax) refuse('too-large', 'treeLeaves', { max: treeLeavesMax, actual: leaves * 2 })
  for (let node = draft.nodes.length; node < nodeWidth(leaves * 2); node++) {
    draft.nodes.push(undefined)
    draft.hashes.push(undefined)
  }
  return leaves
}

const withUnmerged = (parent: ParentNode, leafIndex: number): ParentNode => {
  const unmergedLeaves = [...parent.unmergedLeaves, leafIndex].sort((a, b) => a - b)
  return { ...parent, unmergedLeaves }
}

/** Puts a committer's path in place (RFC 9420 §7.5): its leaf, the nodes of its filtered direct path, and blanks between. */
export const mergePath = (
  tree: RatchetTree,
  leafIndex: number,
  leaf: LeafNode,
  parents: ReadonlyMap<number, ParentNode>,
): RatchetTree => {
  const draft = draftOf(tree)
  put(draft, leafNodeIndex(leafIndex), ownLeafNode(leaf))
  for (const node of directPath(leafNodeIndex(leafIndex), draft.nodes.length)) put(draft, node, parents.get(node))
  return settle(tree.suite, draft)
}

export const rootOf = (tree: RatchetTree): number => root(tree.nodes.length)
