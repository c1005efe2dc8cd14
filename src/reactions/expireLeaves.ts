/**
 * A certificate that has ended acts by removal, never by refusing joins (docs/rules.md, Vouching), and so does the lifetime of a
 * leaf that was never renewed: newcomers who hold lifetimes against their clock (RFC 9420 §7.3) could not join any more. The
 * members are told by the notice of the removal; the client itself comes back by an external Commit.
 */
import type { GroupQueries } from '../projections/groups/queries.js'
import { byGroup, cutOff } from './requireRemovals.js'
import type { Sweep } from './rule.js'

const everyMs = 60 * 60 * 1_000

export const expireLeaves = ({ groups }: { readonly groups: Pick<GroupQueries, 'leavesExpired'> }): Sweep => ({
  name: 'expireLeaves',
  everyMs,
  sweep: async ({ now, signal, ...context }) => {
    for (const [group, leaves] of byGroup(await groups.leavesExpired(now))) {
      if (signal.aborted) return
      await cutOff(context, group, { reason: 'expired', gone: leaves })
    }
  },
})
