/** Index arithmetic of the ratchet tree (RFC 9420 appendix C). Callers keep indices inside the tree. */

/** The nodes of a full tree of so many leaves. */
export const nodeWidth = (leaves: number): number => (leaves === 0 ? 0 : 2 * leaves - 1)

/** The fewest leaves, a power of two, of a full tree that has this leaf. */
export const leavesFor = (leafIndex: number): number => {
  let leaves = 1
  while (leaves <= leafIndex) leaves *= 2
  return leaves
}

/** 0 for a leaf, and one more per level above it. */
const level = (node: number): number => {
  let height = 0
  while (((node >> height) & 1) === 1) height++
  return height
}

export const isLeaf = (node: number): boolean => (node & 1) === 0

export const leafNodeIndex = (leafIndex: number): number => leafIndex * 2

/** The root of a full tree with so many nodes. */
export const root = (nodes: number): number => (nodes - 1) >> 1

export const left = (node: number): number => node ^ (1 << (level(node) - 1))

export const right = (node: number): number => node ^ (3 << (level(node) - 1))

/** Not for the root. */
export const parent = (node: number): number => {
  const height = level(node)
  return (node | (1 << height)) & ~(2 << height)
}

/** Not for the root. */
export const sibling = (node: number): number => {
  const above = parent(node)
  return node < above ? right(above) : left(above)
}

/** The nodes above a node, from its parent to the root. */
export const directPath = (node: number, nodes: number): number[] => {
  const path: number[] = []
  const top = root(nodes)
  for (let at = node; at !== top;) {
    at = parent(at)
    path.push(at)
  }
  return path
}

/** The first and the last leaf under a node, as leaf indices. */
export const leavesUnder = (node: number): { readonly first: number; readonly last: number } => {
  const reach = (1 << level(node)) - 1
  return { first: (node - reach) >> 1, last: (node + reach) >> 1 }
}
