/** A ratchet tree taken from elsewhere, checked whole (RFC 9420 §12.4.3.1): ts-mls refuses good trees with unmerged leaves. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import {
  type ClientConfig,
  decodeRequiredCapabilities,
  directPath,
  extensionsSupportedByCapabilities,
  type GroupContext,
  isLeaf,
  type LeafNode,
  leafToNodeIndex,
  leafWidth,
  type RatchetTree,
  toLeafIndex,
  toNodeIndex,
  treeHashRoot,
  verifyLeafNodeSignature,
  verifyParentHashes,
} from './tsMls.js'
import type { Suite } from './suite.js'

/** Why the tree is not the group's, or undefined when it is. */
export const faultInTree = async (
  tree: RatchetTree,
  context: GroupContext,
  config: ClientConfig,
  suite: Suite,
): Promise<string | undefined> =>
  faultInStructure(tree) ??
  (await faultInLeaves(tree, context, config, suite)) ??
  ((await verifyParentHashes(tree, suite.hash)) ? undefined : 'parent hashes') ??
  (toBase64url(await treeHashRoot(tree, suite.hash)) === toBase64url(context.treeHash) ? undefined : 'tree hash')

const faultInStructure = (tree: RatchetTree): string | undefined => {
  const keys = new Set<string>()
  for (const [index, node] of tree.entries()) {
    if (node === undefined) continue
    if ((node.nodeType === 'leaf') !== isLeaf(toNodeIndex(index))) return 'structure'
    const key = toBase64url(node.nodeType === 'leaf' ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey)
    if (keys.has(key)) return 'repeated encryption key'
    keys.add(key)
    if (node.nodeType === 'parent' && !unmergedLeavesAreRight(tree, index, node.parent.unmergedLeaves))
      return 'unmerged leaves'
  }
  return undefined
}

/** Each is an occupied leaf below, in ascending order, and every occupied node between lists it too (RFC 9420 §7.9.2). */
const unmergedLeavesAreRight = (tree: RatchetTree, index: number, unmerged: readonly number[]): boolean =>
  unmerged.every((leaf, at) => {
    if (at > 0 && leaf <= (unmerged[at - 1] ?? 0)) return false
    if (leaf >= leafWidth(tree.length)) return false
    const node = leafToNodeIndex(toLeafIndex(leaf))
    if (tree[node]?.nodeType !== 'leaf') return false
    const path: readonly number[] = directPath(node, leafWidth(tree.length))
    if (!path.includes(index)) return false
    return path.slice(0, path.indexOf(index)).every((between) => {
      const parent = tree[between]
      return parent === undefined || (parent.nodeType === 'parent' && parent.parent.unmergedLeaves.includes(leaf))
    })
  })

const faultInLeaves = async (
  tree: RatchetTree,
  context: GroupContext,
  config: ClientConfig,
  suite: Suite,
): Promise<string | undefined> => {
  const leaves = tree.flatMap((node, index) =>
    node?.nodeType === 'leaf' ? [{ leaf: node.leaf, index: index / 2 }] : [],
  )
  const signatureKeys = new Set(leaves.map(({ leaf }) => toBase64url(leaf.signaturePublicKey)))
  if (signatureKeys.size !== leaves.length) return 'repeated signature key'
  const credentials = new Set(leaves.map(({ leaf }) => leaf.credential.credentialType))
  for (const { leaf, index } of leaves) {
    if (!(await verifyLeafNodeSignature(leaf, context.groupId, index, suite.signature)))
      return `signature of leaf ${index}`
    if (!(await config.authService.validateCredential(leaf.credential, leaf.signaturePublicKey)))
      return `credential of leaf ${index}`
    if (![...credentials].every((type) => leaf.capabilities.credentials.includes(type)) || !supports(leaf, context))
      return `capabilities of leaf ${index}`
  }
  return undefined
}

const supports = (leaf: LeafNode, context: GroupContext): boolean => {
  if (!extensionsSupportedByCapabilities(leaf.extensions, leaf.capabilities)) return false
  const extension = context.extensions.find(({ extensionType }) => extensionType === 'required_capabilities')
  if (extension === undefined) return true
  const required = decodeRequiredCapabilities(extension.extensionData, 0)?.[0]
  return (
    required !== undefined &&
    required.extensionTypes.every((type) => leaf.capabilities.extensions.includes(type)) &&
    required.proposalTypes.every((type) => leaf.capabilities.proposals.includes(type)) &&
    required.credentialTypes.every((type) => leaf.capabilities.credentials.includes(type))
  )
}
