/**
 * The other side of requireRemovals: a Commit may add a client that was removed, a user that was deleted, or a leaf whose
 * queue is gone, between the removal and our reaction to it. Whoever looks last sees it.
 */
import type { RequireRemoval } from '../commands/group/removals.js'
import type { DepartureReason } from '../events/followed.js'
import type { AddressedLeaf } from '../events/group.js'
import { domainOf } from '../mls/wire/ids.js'
import type { ClientId, Domain, GroupId, QueueId, UserId } from '../mls/wire/ids.js'
import type { Placed } from '../items/placed.js'
import type { OpenReference } from '../items/references.js'
import { letGo } from './requireRemovals.js'
import type { ReactionContext, Rule } from './rule.js'

export type JudgeNewcomersDependencies = {
  readonly domain: Domain
  /** Both asked of the log, never of a read model. */
  readonly accountOf: (user: UserId, client: ClientId) => Promise<'live' | 'clientRemoved' | 'userDeleted'>
  readonly queueIsLive: (queue: QueueId) => Promise<boolean>
  readonly open: OpenReference
}

export const judgeNewcomers = (deps: JudgeNewcomersDependencies): Rule => ({
  name: 'judgeNewcomers',
  answers: ['GroupCreated', 'CommitAccepted', 'GroupFollowed'],
  react: async (placed, context) => {
    const { event } = placed
    if (event.type === 'GroupCreated') await judge(deps, context, placed, event.data.group, [event.data.creator])
    if (event.type === 'CommitAccepted') {
      const { group, added, updated } = event.data
      await judge(deps, context, placed, group, [...added, ...updated])
    }
    if (event.type === 'GroupFollowed') await judge(deps, context, placed, event.data.group, event.data.leaves)
  },
})

const judge = async (
  deps: JudgeNewcomersDependencies,
  { streams, command }: ReactionContext,
  { revision }: Placed,
  group: GroupId,
  leaves: readonly AddressedLeaf[],
): Promise<void> => {
  for (const leaf of leaves) {
    if (domainOf(leaf.client) !== deps.domain) continue
    const removal = await removalOf(deps, leaf, revision)
    if (removal === undefined) continue
    const context = { streams, command: (target: string) => command(`${target} ${leaf.leafIndex}`) }
    await letGo(context, deps.domain, group, removal)
  }
}

const removalOf = async (
  { accountOf, queueIsLive, open }: JudgeNewcomersDependencies,
  leaf: AddressedLeaf,
  changed: number,
): Promise<(RequireRemoval & { readonly reason: DepartureReason }) | undefined> => {
  const { user, client, leafIndex } = leaf
  const account = await accountOf(user, client)
  if (account !== 'live') return { reason: account, gone: [client] }
  const queue = open(leaf.queue)
  if (queue !== undefined && (await queueIsLive(queue))) return undefined
  return { reason: 'queueGone', gone: [{ client, leafIndex, changed }] }
}
