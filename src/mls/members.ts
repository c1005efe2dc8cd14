/** The members of a group, as its tree has them. */
import type { LeafNode } from './leafNode.js'
import type { Member, PublicGroup } from './publicGroup.js'

export const leafAt = (group: PublicGroup, leafIndex: number): LeafNode | undefined => {
  const node = group.tree.nodes[leafIndex * 2]
  return node?.kind === 'leaf' ? node : undefined
}

export const members = (group: PublicGroup): Member[] => {
  const found: Member[] = []
  for (let leafIndex = 0; leafIndex * 2 < group.tree.nodes.length; leafIndex++) {
    const leaf = leafAt(group, leafIndex)
    if (leaf !== undefined) found.push({ leafIndex, leaf })
  }
  return found
}
