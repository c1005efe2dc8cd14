/**
 * A certificate that has ended acts by removal, never by refusing joins (docs/rules.md, Vouching), and so does the lifetime of a
 * leaf that was never renewed: newcomers who hold lifetimes against their clock (RFC 9420 §7.3) could not join any more. Members
 * see when a leaf ends; whoever was away when it did has a while to renew it, the time not counted in which the server was
 * down. After that the members are told by the notice of the removal; the client itself comes back by an external Commit.
 */
import type { Domain } from '../mls/wire/ids.js'
import type { Limits } from '../limits/limits.js'
import type { GroupQueries } from '../projections/groups/queries.js'
import { byGroup, cutOff } from './requireRemovals.js'
import type { Sweep } from './rule.js'
import { servedFor } from './servedTime.js'

export type ExpireLeavesDependencies = {
  readonly domain: Domain
  readonly groups: Pick<GroupQueries, 'leavesExpired'>
  readonly limits: Pick<Limits, 'leafGraceMs'>
}

const everyMs = 60 * 60 * 1_000

export const expireLeaves = ({ domain, groups, limits }: ExpireLeavesDependencies): Sweep => ({
  name: 'expireLeaves',
  everyMs,
  sweep: async ({ now, signal, ...context }) => {
    const endedBy = await servedFor(context.streams, limits.leafGraceMs, now)
    for (const [group, leaves] of byGroup(await groups.leavesExpired(endedBy), domain)) {
      if (signal.aborted) return
      await cutOff(context, group, { reason: 'expired', gone: leaves })
    }
  },
})
