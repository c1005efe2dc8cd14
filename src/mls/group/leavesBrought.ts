/** The leaves that a proposal or a Commit brings with it, read and not judged. */
import type { PublicMessage } from '../wire/framing.js'
import type { LeafNode } from '../wire/leafNode.js'
import type { Proposal } from '../wire/proposal.js'
import type { Domain } from '../wire/ids.js'
import { identityOf } from './identity.js'
import type { PublicGroup } from './publicGroup.js'

/** Leaves that pending proposals bring. */
export const pendingLeaves = ({ pending }: Pick<PublicGroup, 'pending'>): readonly LeafNode[] =>
  [...pending.values()].flatMap(({ proposal }) => leavesIn(proposal))

/** The domains that leaves claim to be of, each once. */
export const domainsOf = (leaves: readonly LeafNode[]): readonly Domain[] => [
  ...new Set(leaves.flatMap(({ credential }) => identityOf(credential)?.domain ?? [])),
]

export const leavesIn = (proposal: Proposal): readonly LeafNode[] => {
  if (proposal.type === 'add') return [proposal.keyPackage.leafNode]
  return proposal.type === 'update' ? [proposal.leafNode] : []
}

/** Its committer's, where it has a path, and those of what it proposes by value; what it names was brought before. */
export const leavesOfCommit = ({ content: { content } }: PublicMessage): readonly LeafNode[] => {
  if (content.type !== 'commit') return []
  const { path, proposals } = content.commit
  const byValue = proposals.flatMap((item) => (item.type === 'proposal' ? leavesIn(item.proposal) : []))
  return [...(path === undefined ? [] : [path.leafNode]), ...byValue]
}
