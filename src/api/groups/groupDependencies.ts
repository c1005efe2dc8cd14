/** What the routes of groups stand on, and what they share. */
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { refuseAdded } from '../../commands/chains/refuseAdded.js'
import type { Added } from '../../commands/chains/refuseAdded.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientId, Domain } from '../../mls/wire/ids.js'
import { identityOf } from '../../mls/group/identity.js'
import type { Proposal } from '../../mls/wire/proposal.js'
import type { Blobs } from '../../ports/blobs.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Limits } from '../../limits/limits.js'
import type { GroupQueries } from '../../projections/groups/queries.js'
import type { Elsewhere } from '../elsewhere/elsewhere.js'
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
  /** Why members of these domains are not let in; without it nobody else's are known. */
  readonly refuseDomains?: ((domains: ReadonlySet<Domain>) => Promise<Rejected | undefined>) | undefined
  readonly sendMessage: SendMessage
  readonly knowsSend: KnowsSend
  readonly takeSignal: TakeSignal
  readonly domain: Domain
  readonly limits: Limits
  /** Undefined: groups of other servers are not known here. */
  readonly elsewhere?: Elsewhere | undefined
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

/** Whom nobody may add any more, and who is of a server that ours does not speak to. */
export const refuseNewcomers = async (
  { streams, domain, refuseDomains }: Pick<GroupDependencies, 'streams' | 'domain' | 'refuseDomains'>,
  added: readonly Added[],
): Promise<Rejected | undefined> => {
  const others = new Set(added.map(({ client }) => domainOf(client)).filter((one) => one !== domain))
  return (await refuseAdded(streams, domain, added)) ?? (others.size === 0 ? undefined : refuseDomains?.(others))
}
