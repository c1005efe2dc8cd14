/** The live connections by what concerns them, so that an event finds its recipients without asking everybody. */
import type { GroupId, QueueId } from '../mls/wire/ids.js'
import type { Recipient } from '../items/audience.js'
import type { SeatChange } from '../items/membership.js'
import type { Delivered } from './delivered.js'
import type { Viewer } from './viewer.js'

export type Live = {
  readonly queue: QueueId
  readonly recipients: readonly Recipient[]
  readonly viewer: Viewer
}

export type Connections<L extends Live> = {
  add(live: L): void
  remove(live: L): void
  /** Those that an event may concern, each once. */
  concernedBy(delivered: Delivered): Iterable<L>
  /** Those that are in a group. */
  inGroup(group: GroupId): Iterable<L>
  /** After an event with seats: who is in its groups now. */
  moved(live: L, delivered: Delivered): void
  size(): number
}

export const keepConnections = <L extends Live>(): Connections<L> => {
  const byGroup = new Map<GroupId, Set<L>>()
  const byRecipient = new Map<Recipient, Set<L>>()
  const byQueue = new Map<QueueId, L>()

  const move = (live: L, group: GroupId): void => {
    if (live.viewer.isIn(group)) addTo(byGroup, group, live)
    else removeFrom(byGroup, group, live)
  }

  /** The queue a change seats need not have been in the group before. */
  const seatedBy = (change: SeatChange): L | undefined =>
    change.change === 'leaves' || change.queue === undefined ? undefined : byQueue.get(change.queue)

  const concernedBy = ({ items, seats }: Delivered): Iterable<L> => {
    const [only] = items
    if (seats.length === 0 && only !== undefined && items.length === 1) return audienceOf(only.audience)
    const all = new Set<L>()
    for (const { audience } of items) for (const live of audienceOf(audience)) all.add(live)
    for (const seat of seats) {
      for (const live of byGroup.get(seat.group) ?? []) all.add(live)
      const seated = seatedBy(seat)
      if (seated !== undefined) all.add(seated)
    }
    return all
  }

  const audienceOf = (audience: Delivered['items'][number]['audience']): Iterable<L> =>
    ('group' in audience ? byGroup.get(audience.group) : byRecipient.get(audience.recipient)) ?? []

  return {
    add: (live) => {
      byQueue.set(live.queue, live)
      for (const recipient of live.recipients) addTo(byRecipient, recipient, live)
      for (const group of live.viewer.groups()) addTo(byGroup, group, live)
    },
    remove: (live) => {
      if (byQueue.get(live.queue) === live) byQueue.delete(live.queue)
      for (const recipient of live.recipients) removeFrom(byRecipient, recipient, live)
      for (const group of live.viewer.groups()) removeFrom(byGroup, group, live)
    },
    concernedBy,
    inGroup: (group) => byGroup.get(group) ?? [],
    moved: (live, { seats }) => {
      for (const { group } of seats) move(live, group)
    },
    size: () => byQueue.size,
  }
}

const addTo = <K, L>(map: Map<K, Set<L>>, key: K, live: L): void => {
  const known = map.get(key)
  if (known === undefined) map.set(key, new Set([live]))
  else known.add(live)
}

const removeFrom = <K, L>(map: Map<K, Set<L>>, key: K, live: L): void => {
  const known = map.get(key)
  known?.delete(live)
  if (known?.size === 0) map.delete(key)
}
