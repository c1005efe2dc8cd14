/** The ratchet tree (RFC 9420 §7), immutable: a change copies the array of nodes and shares the nodes. */
import type { LeafNode } from './leafNode.js'

export type ParentNode = {
  readonly kind: 'parent'
  readonly encryptionKey: Uint8Array
  readonly parentHash: Uint8Array
  readonly unmergedLeaves: readonly number[]
}

export type TreeNode = LeafNode | ParentNode | undefined

export type RatchetTree = {
  /** The nodes of a full tree in the order of RFC 9420 appendix C; blank ones are undefined. */
  readonly nodes: readonly TreeNode[]
}
