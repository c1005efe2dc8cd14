/** Who of a group can be pushed, kept in memory for the groups that talk: a message looks at nobody else. */
import { LRUCache } from 'lru-cache'
import type { PushPolicy } from '../events/push.js'
import type { Membership } from '../items/membership.js'
import type { GroupId, QueueId } from '../mls/wire/ids.js'
import type { Position } from '../ports/position.js'
import type { Rows } from '../projections/projection.js'
import type { Recipients } from '../projections/queues/recipients.js'
import type { WorkingSet } from '../projections/workingSet.js'
import { queueOf } from './schema.js'
import { policyFor } from './waking.js'

/** A membership whose queue has a receiver that the group may wake. */
export type Member = Membership & { readonly policy: PushPolicy }

export type Members = {
  /** As of an event at `position`; what has ended since is among them, and shows nothing more. */
  of(group: GroupId, position: Position, rows: WorkingSet): Promise<readonly Member[]>
  forgetGroup(group: GroupId): void
  /** What its owner said, or its receivers, changed with an event at `position`. */
  forgetQueue(queue: QueueId, position: Position): Promise<void>
}

export type MembersDependencies = {
  readonly recipients: Pick<Recipients, 'ofGroup' | 'groupsOf'>
  /** Resolves once the queues' read model stands at a position. Throws when it is not worth waiting for any more. */
  readonly level: (position: Position) => Promise<void>
  /** How many are kept; a group counts one more than it has. */
  readonly membersMax?: number
}

/** About 200 bytes each. */
const membersMaxDefault = 100_000

export const keepMembers = ({ recipients, level, membersMax }: MembersDependencies): Members => {
  const known = new LRUCache<GroupId, readonly Member[]>({
    maxSize: membersMax ?? membersMaxDefault,
    sizeCalculation: (members) => members.length + 1,
  })

  const find = async (group: GroupId, position: Position, rows: WorkingSet): Promise<readonly Member[]> => {
    await level(position)
    const lasting = (await recipients.ofGroup(group)).filter(({ until }) => until >= position)
    await rows.prefetch(lasting.map(({ queue }) => ({ table: 'queues', key: [queue] })))
    const found = await Promise.all(lasting.map((membership) => asMember(membership, rows)))
    return found.filter((member) => member !== undefined)
  }

  return {
    of: async (group, position, rows) => {
      const kept = known.get(group)
      if (kept !== undefined) return kept
      const found = await find(group, position, rows)
      known.set(group, found)
      return found
    },
    forgetGroup: (group) => void known.delete(group),
    forgetQueue: async (queue, position) => {
      if (known.size === 0) return
      await level(position)
      for (const group of await recipients.groupsOf(queue)) known.delete(group)
    },
  }
}

const asMember = async (membership: Membership, rows: Rows): Promise<Member | undefined> => {
  const row = await rows.get('queues', [membership.queue])
  if (row === undefined) return undefined
  const queue = queueOf(row)
  const policy = policyFor(queue, membership.group)
  return queue.receivers.length === 0 || policy === 'none' ? undefined : { ...membership, policy }
}
