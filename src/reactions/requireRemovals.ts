/**
 * What is gone elsewhere is cut off in every group: a removed client, a deleted user, a deleted queue. In another server's group its
 * hub does so, and is asked to.
 */
import { copiesAggregate } from '../commands/group/followed/copies.js'
import { askRemoval, departureFrom } from '../commands/group/followed/departures.js'
import { groupAggregate } from '../commands/group/group.js'
import { requireRemoval } from '../commands/group/removals.js'
import type { RequireRemoval } from '../commands/group/removals.js'
import { followedStream } from '../events/followed.js'
import type { DepartureReason } from '../events/followed.js'
import { groupStream } from '../events/group.js'
import { domainOf } from '../mls/wire/ids.js'
import type { Domain, GroupId } from '../mls/wire/ids.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { GroupQueries, SeatedLeaf } from '../projections/groups/queries.js'
import type { Placed } from '../items/placed.js'
import type { Runner } from '../projections/runner.js'
import type { ReactionContext, Rule } from './rule.js'

export type RequireRemovalsDependencies = {
  /** Ours. */
  readonly domain: Domain
  readonly groups: Pick<GroupQueries, 'leavesOfClient' | 'leavesOfUser' | 'leavesOfQueue'>
  /** The projection behind `groups`. */
  readonly runner: Pick<Runner, 'reached'>
}

const waitMs = 5_000

export const requireRemovals = ({ domain, groups, runner }: RequireRemovalsDependencies): Rule => ({
  name: 'requireRemovals',
  answers: ['ClientRemoved', 'UserDeleted', 'QueueDeleted'],
  react: async (placed, context) => {
    const find = finding(placed, groups)
    if (find === undefined) return
    // A Commit that adds it later is judged by the rule that looks at Commits (judgeNewcomers.ts).
    if (!(await runner.reached(placed.position, waitMs))) throw new StoreUnavailable('the groups are behind')
    const { reason, leaves, one } = await find()
    for (const [group, found] of grouped(leaves)) await letGo(context, domain, group, { reason, gone: found.map(one) })
  },
})

type Found = {
  readonly reason: DepartureReason
  readonly leaves: readonly SeatedLeaf[]
  /** A client goes with whatever leaf it has by then; of a queue only the leaf that names it. */
  readonly one: (leaf: SeatedLeaf) => RequireRemoval['gone'][number]
}

const finding = (
  { event }: Placed,
  groups: RequireRemovalsDependencies['groups'],
): (() => Promise<Found>) | undefined => {
  const byClient = ({ client }: SeatedLeaf) => client
  if (event.type === 'ClientRemoved') {
    const reason = event.data.reason === 'inactive' ? 'inactive' : 'clientRemoved'
    const { client } = event.data
    return async () => ({ reason, leaves: await groups.leavesOfClient(client), one: byClient })
  }
  if (event.type === 'UserDeleted') {
    const { user } = event.data
    return async () => ({ reason: 'userDeleted', leaves: await groups.leavesOfUser(user), one: byClient })
  }
  if (event.type === 'QueueDeleted') {
    const { queue } = event.data
    return async () => ({ reason: 'queueGone', leaves: await groups.leavesOfQueue(queue), one: (leaf) => leaf })
  }
  return undefined
}

export const cutOff = async (
  { streams, command }: Pick<ReactionContext, 'streams' | 'command'>,
  group: GroupId,
  removal: RequireRemoval,
): Promise<void> => {
  await streams.execute(groupAggregate, groupStream(group), command(group), requireRemoval(removal))
}

/** In another server's group no reaction decides: what its hub is to be asked goes on record, and somebody else asks. */
export const letGo = async (
  context: Pick<ReactionContext, 'streams' | 'command'>,
  domain: Domain,
  group: GroupId,
  removal: RequireRemoval & { readonly reason: DepartureReason },
): Promise<void> => {
  if (domainOf(group) === domain) return cutOff(context, group, removal)
  const { streams, command } = context
  const { state } = await streams.read(groupAggregate, groupStream(group))
  const departure = departureFrom(state, removal, domain)
  if (departure?.group !== group) return
  await streams.execute(copiesAggregate, followedStream(group), command(group), askRemoval(departure))
}

/** Of groups that this domain decides about. */
export const byGroup = (leaves: readonly SeatedLeaf[], domain: Domain): ReadonlyMap<GroupId, readonly SeatedLeaf[]> =>
  grouped(leaves.filter(({ group }) => domainOf(group) === domain))

const grouped = (leaves: readonly SeatedLeaf[]): ReadonlyMap<GroupId, readonly SeatedLeaf[]> => {
  const groups = new Map<GroupId, SeatedLeaf[]>()
  for (const leaf of leaves) groups.set(leaf.group, [...(groups.get(leaf.group) ?? []), leaf])
  return groups
}
