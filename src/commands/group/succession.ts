/** What follows when members go: somebody stays admin, and a group with nobody left is over. */
import type { GroupEvent } from '../../events/group.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { Place } from '../../streams/decider.js'
import { evolve } from './fold/evolve.js'
import type { ActiveGroup, Group, RemovalReason } from './fold/state.js'

/** A place after all others, for events that are about to be appended. */
const soon: Place = { revision: Number.MAX_SAFE_INTEGER, at: 0 }

/** Reasons that nobody comes back from: not even a resync helps. */
const final: ReadonlySet<RemovalReason> = new Set<RemovalReason>([
  'clientRemoved',
  'userDeleted',
  'selfRemoval',
  'inactive',
])

/** The events, and those that they make necessary in the same instant. */
export const withSuccession = (state: Group, events: readonly GroupEvent[]): readonly GroupEvent[] => {
  const after = events.reduce<Group>((group, event) => evolve(group, event, soon), state)
  if (after.status !== 'active') return events
  if (isOver(after)) return [...events, { type: 'GroupDeleted', data: { group: after.group } }]
  const heir = heirOf(after)
  if (heir === undefined) return events
  return [
    ...events,
    { type: 'RoleChanged', data: { group: after.group, user: heir, role: 'admin', reason: 'succession' } },
  ]
}

/** Users with a leaf that is not on its way out. */
export const stayingUsers = ({ leaves, required }: ActiveGroup): ReadonlySet<UserId> =>
  new Set([...leaves.values()].filter(({ leafIndex }) => !required.has(leafIndex)).map(({ user }) => user))

export const hasAdmin = (group: ActiveGroup, among: ReadonlySet<UserId>): boolean =>
  [...among].some((user) => group.users.get(user)?.role === 'admin')

const isOver = ({ leaves, required }: ActiveGroup): boolean =>
  [...leaves.keys()].every((leafIndex) => {
    const removal = required.get(leafIndex)
    return removal !== undefined && final.has(removal.reason)
  })

/** Who has been a member longest, when no admin stays; among those that came together, the one at the lowest leaf. */
const heirOf = (group: ActiveGroup): UserId | undefined => {
  const staying = stayingUsers(group)
  if (staying.size === 0 || hasAdmin(group, staying)) return undefined
  const [heir] = [...staying].sort((a, b) => memberSince(group, a) - memberSince(group, b))
  return heir
}

const memberSince = ({ users }: ActiveGroup, user: UserId): number => users.get(user)?.since ?? Infinity
