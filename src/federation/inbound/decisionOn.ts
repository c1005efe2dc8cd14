/** What a group of ours decides on another server's word: by the same rules as at home, for that server's own people alone. Pure. */
import { actingFor, stranger } from '../../commands/group/access.js'
import type { By } from '../../commands/group/access.js'
import { deleteGroup } from '../../commands/group/deletion.js'
import { reportFault, resetGroup } from '../../commands/group/faults.js'
import type { Group } from '../../commands/group/fold/state.js'
import { changeProfile } from '../../commands/group/profile.js'
import { requireRemoval } from '../../commands/group/removals.js'
import type { RequireRemoval } from '../../commands/group/removals.js'
import { changeRole } from '../../commands/group/roles.js'
import { changeSettings } from '../../commands/group/settings.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import type { GroupEvent } from '../../events/group.js'
import type { Limits } from '../../limits/limits.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { AskedOfHub, MemberAsks, ServerAsks } from '../../ports/peers.js'
import type { Decide } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupFor } from './speaker.js'

/** A server speaks for its own users, their clients, and groups that are reserved with it. */
export const refuseWord = (asked: AskedOfHub, peer: Domain): Rejected | undefined =>
  namedBy(asked).every((id) => domainOf(id) === peer)
    ? undefined
    : reject({ code: 'identity-mismatch', detail: 'not of the server that asks' })

const namedBy = (asked: AskedOfHub): readonly Parameters<typeof domainOf>[0][] => {
  switch (asked.type) {
    case 'requireRemoval':
      return asked.leaves.map(({ client }) => client)
    case 'reportFault':
      return [asked.by, asked.client]
    case 'resetGroup':
      return [asked.by, asked.successor]
    case 'changeRole':
    case 'changeSettings':
    case 'changeProfile':
    case 'deleteGroup':
      return [asked.by]
  }
}

type Sizes = Pick<Limits, 'queueAgeMsMax' | 'groupProfileBytesMax'>

/** Of what `refuseWord` let through. */
export const decisionOn =
  (asked: AskedOfHub, peer: Domain, limits: Sizes): Decide<Group, GroupEvent> =>
  (state) => {
    const group = groupFor(state, peer)
    if ('rejected' in group) return group
    if (asked.type === 'requireRemoval') return requireRemoval(removalOf(asked))(group)
    const by = memberIn(group, asked)
    return 'rejected' in by ? by : decideFor(by, asked, limits)(group)
  }

const memberIn = (group: Extract<Group, { status: 'active' }>, asked: MemberAsks): By | Rejected => {
  if (asked.type !== 'reportFault') return actingFor(group, asked.by)
  const { by: user, client } = asked
  const seated = group.leaves.get(group.clients.get(client) ?? -1)
  return seated?.user === user ? { user, client } : stranger(group, { user })
}

const decideFor = (by: By, asked: MemberAsks, limits: Sizes): Decide<Group, GroupEvent> => {
  switch (asked.type) {
    case 'changeRole':
      return changeRole({ by, user: asked.user, role: asked.role })
    case 'changeSettings':
      return changeSettings({ by, settings: asked.settings, limits })
    case 'changeProfile':
      return changeProfile({ by, profile: blobReferenceOf(asked.profile), ifVersion: asked.ifVersion, limits })
    case 'deleteGroup':
      return deleteGroup(by)
    case 'resetGroup':
      return resetGroup({ by, successor: asked.successor, successorIsReserved: true })
    case 'reportFault':
      return reportFault({ by, epoch: BigInt(asked.epoch), detail: asked.detail })
  }
}

/** A client goes with whatever leaf it has by now; of a queue only the leaf that names it. */
const removalOf = ({ reason, leaves }: ServerAsks): RequireRemoval => ({
  reason,
  gone: leaves.flatMap(({ client, leafIndex, reference }): RequireRemoval['gone'] => {
    if (reason !== 'queueGone') return [client]
    return reference === undefined ? [] : [{ client, leafIndex, reference }]
  }),
})
