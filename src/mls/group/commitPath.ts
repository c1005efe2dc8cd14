/** Checks a committer's UpdatePath and puts it in place (RFC 9420 §7.5, §7.9, §12.4.2). */
import { equalBytes } from '../bytes/bytes.js'
import type { UpdatePath, UpdatePathNode } from '../wire/commit.js'
import { isHpkeKey } from '../crypto/soundKey.js'
import type { CipherSuite } from '../crypto/suite.js'
import type { ParentNode } from '../wire/parentNode.js'
import { filteredDirectPath, mergePath, type PathStep, type RatchetTree, resolution } from '../tree/ratchetTree.js'
import { refuse } from '../bytes/refusal.js'
import { parentHash } from '../tree/treeHash.js'
import { leafNodeIndex } from '../tree/treeMath.js'

const aeadTagBytes = 16
const none = new Uint8Array(0)

/** Every key of the path is one that the next committer can encrypt to: else nobody could commit with a path any more. */
export const checkPathKeys = (suite: CipherSuite, { nodes }: UpdatePath): void => {
  if (!nodes.every(({ encryptionKey }) => isHpkeKey(suite, encryptionKey))) refuse('invalid-commit', 'pathKey')
}

/** The tree with the path merged; leaves added by the same Commit get no path secret, their Welcome has it. */
export const applyPath = (
  tree: RatchetTree,
  leafIndex: number,
  path: UpdatePath,
  added: readonly number[],
): RatchetTree => {
  const steps = filteredDirectPath(tree, leafIndex)
  if (steps.length !== path.nodes.length) refuse('invalid-commit', 'pathLength')
  const newcomers = new Set(added.map(leafNodeIndex))
  const { parents, leafParentHash } = parentsOf(tree, steps, path.nodes, newcomers)
  const { source } = path.leafNode
  if (source.type !== 'commit') return refuse('invalid-leaf', 'source')
  if (!equalBytes(source.parentHash, leafParentHash)) refuse('invalid-commit', 'parentHash')
  return mergePath(tree, leafIndex, path.leafNode, parents)
}

/** The new parents from the root down: each holds the hash of the one above it, the leaf that of the lowest. */
const parentsOf = (
  tree: RatchetTree,
  steps: readonly PathStep[],
  nodes: readonly UpdatePathNode[],
  newcomers: ReadonlySet<number>,
): { readonly parents: ReadonlyMap<number, ParentNode>; readonly leafParentHash: Uint8Array } => {
  const parents = new Map<number, ParentNode>()
  let above: Uint8Array = none
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at]
    const node = nodes[at]
    if (step === undefined || node === undefined) return refuse('invalid-commit', 'pathLength')
    checkPathNode(tree, step, node, newcomers)
    const encryptionKey = node.encryptionKey.slice()
    const parent: ParentNode = { kind: 'parent', encryptionKey, parentHash: above, unmergedLeaves: [] }
    parents.set(step.node, parent)
    above = parentHash(tree, parent, step.copath)
  }
  return { parents, leafParentHash: above }
}

/** One ciphertext for each node of the copath's resolution, newcomers left out, each of the size of a path secret. */
const checkPathNode = (
  tree: RatchetTree,
  { copath }: PathStep,
  node: UpdatePathNode,
  newcomers: ReadonlySet<number>,
): void => {
  const receivers = resolution(tree, copath).filter((receiver) => !newcomers.has(receiver))
  if (node.encryptedPathSecrets.length !== receivers.length) refuse('invalid-commit', 'pathSecrets')
  if (node.encryptionKey.length !== tree.suite.kemPublicKeyBytes) refuse('invalid-commit', 'pathKey')
  if (!node.encryptedPathSecrets.every((sealed) => isPathSecret(tree.suite, sealed)))
    refuse('invalid-commit', 'pathSecretSize')
}

const isPathSecret = (suite: CipherSuite, sealed: UpdatePathNode['encryptedPathSecrets'][number]): boolean =>
  sealed.kemOutput.length === suite.kemOutputBytes && sealed.ciphertext.length === suite.hashBytes + aeadTagBytes
