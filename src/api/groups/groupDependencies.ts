/** What the routes of groups stand on, and what they share. */
import type { Streams } from '../../streams/streams.js'
import type { ClientId, Domain } from '../../mls/wire/ids.js'
import { identityOf } from '../../mls/group/identity.js'
import type { LeafNode } from '../../mls/wire/leafNode.js'
import type { Proposal } from '../../mls/wire/proposal.js'
import type { Blobs } from '../../ports/blobs.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Limits } from '../../limits/limits.js'
import type { GroupQueries } from '../../projections/groups/queries.js'
import type { MakeLeafPolicy } from '../keyPackages/leafPolicy.js'
import type { KnowsSend, SendMessage } from './messages.js'
import type { TakeSignal } from './signals.js'

export type GroupDependencies = {
  readonly streams: Streams
  readonly events: EventStore
  readonly blobs: Blobs
  readonly groups: GroupQueries
  /** Resolves once the groups' read model has seen all that is in the log now; false when that took too long. */
  readonly groupsLevel: () => Promise<boolean>
  readonly leafPolicy: MakeLeafPolicy
  readonly sendMessage: SendMessage
  readonly knowsSend: KnowsSend
  readonly takeSignal: TakeSignal
  readonly domain: Domain
  readonly limits: Limits
}

/** The leaves that a proposal brings. */
export const leavesIn = (proposal: Proposal): readonly LeafNode[] => {
  if (proposal.type === 'add') return [proposal.keyPackage.leafNode]
  return proposal.type === 'update' ? [proposal.leafNode] : []
}

/** Of the clients that these proposals add, those that are in as many groups as they may be. */
export const fullClients = async (
  { groups, limits }: Pick<GroupDependencies, 'groups' | 'limits'>,
  proposals: readonly Proposal[],
): Promise<ReadonlySet<ClientId>> => {
  const full = new Set<ClientId>()
  for (const proposal of proposals) {
    if (proposal.type !== 'add') continue
    const client = identityOf(proposal.keyPackage.leafNode.credential)?.client
    if (client !== undefined && (await groups.groupsOf(client)) >= limits.groupsPerClientMax) full.add(client)
  }
  return full
}
