/** Members of a server that an operator blocked may do nothing in our groups any more: those that are there, and whoever comes at that moment. */
import { groupAggregate } from '../commands/group/group.js'
import { groupStream } from '../events/group.js'
import { peerOfStream } from '../events/peerOutbox.js'
import { domainOf } from '../mls/wire/ids.js'
import type { Domain, GroupId } from '../mls/wire/ids.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { Runner } from '../projections/runner.js'
import { cutOff } from './requireRemovals.js'
import type { ReactionContext, Rule } from './rule.js'

export type CutOffServersDependencies = {
  /** Ours: what happens in another's groups its hub decides. */
  readonly domain: Domain
  /** Groups that a domain has members in, or had. */
  readonly groupsOf: (peer: Domain) => Promise<readonly GroupId[]>
  /** The projection behind `groupsOf`. */
  readonly runner: Pick<Runner, 'reached'>
  /** Asked of the log. */
  readonly isBlocked: (peer: Domain) => Promise<boolean>
}

const waitMs = 5_000

export const cutOffServers = ({ domain, groupsOf, runner, isBlocked }: CutOffServersDependencies): Rule => ({
  name: 'cutOffServers',
  answers: ['PeerPolicyChanged', 'CommitAccepted'],
  react: async ({ event, stream, position }, context) => {
    if (event.type === 'PeerPolicyChanged') {
      const peer = peerOfStream(stream) as Domain
      if (event.data.policy !== 'blocked' || !(await isBlocked(peer))) return
      if (!(await runner.reached(position, waitMs))) throw new StoreUnavailable('what followers have not got is behind')
      for (const group of await groupsOf(peer)) await removeAll(context, group, peer)
      return
    }
    if (event.type !== 'CommitAccepted' || domainOf(event.data.group) !== domain) return
    const peers = new Set(event.data.added.map(({ client }) => domainOf(client)).filter((one) => one !== domain))
    for (const peer of peers) if (await isBlocked(peer)) await removeAll(context, event.data.group, peer)
  },
})

const removeAll = async ({ streams, command }: ReactionContext, group: GroupId, peer: Domain): Promise<void> => {
  const { state } = await streams.read(groupAggregate, groupStream(group))
  if (state.status !== 'active') return
  const gone = [...state.clients.keys()].filter((client) => domainOf(client) === peer)
  const named = { streams, command: (target: string) => command(`${target} ${peer}`) }
  if (gone.length > 0) await cutOff(named, group, { reason: 'serverBlocked', gone })
}
