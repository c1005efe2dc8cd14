/** Who may act in a group: its members by their leaves, its admins by their role; strangers learn nothing. */
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { ActiveGroup, ClosedGroup, Group, Member, RemovalReason } from './fold/state.js'

/** The client whose token came with the command. */
export type By = { readonly user: UserId; readonly client: ClientId }

/** Who asks, as far as it is known: of another server's users their server says no more. */
type Asker = { readonly user: UserId; readonly client?: ClientId }

export type Seat = { readonly group: ActiveGroup; readonly leafIndex: number; readonly member: Member }

/** The seat of a client with a current leaf and no required removal: what every command of a member needs. */
export const seatOf = (state: Group, by: By): Seat | Rejected => {
  const seat = seatIn(state, by)
  return 'rejected' in seat ? seat : (refuseElsewhere(seat.group) ?? seat)
}

/** The same wherever the group is decided on. */
export const seatIn = (state: Group, by: By): Seat | Rejected => {
  const group = activeFor(state, by)
  if ('rejected' in group) return group
  const leafIndex = group.clients.get(by.client)
  const member = group.users.get(by.user)
  if (leafIndex === undefined || member === undefined || group.required.has(leafIndex)) return stranger(group, by)
  return { group, leafIndex, member }
}

/** A user of another server as one who acts, by that server's word: any leaf of it will do, as nobody says which one it is. */
export const actingFor = (state: Group, user: UserId): By | Rejected => {
  const group = activeFor(state, { user })
  if ('rejected' in group) return group
  const seated = [...group.leaves.values()].find((one) => one.user === user && !group.required.has(one.leafIndex))
  return seated ?? stranger(group, { user })
}

/** In a group of another server nothing is decided here. */
export const refuseElsewhere = ({ hub }: ActiveGroup): Rejected | undefined =>
  hub === undefined ? undefined : reject({ code: 'not-allowed', capability: 'decideElsewhere' })

export const adminSeatOf = (state: Group, by: By, capability: string): Seat | Rejected => {
  const seat = seatOf(state, by)
  if ('rejected' in seat || seat.member.role === 'admin') return seat
  return reject({ code: 'not-allowed', capability })
}

/** A client of a user that has a leaf and is not on its way out: it may read the roster, settings and profile. */
export const memberGroupOf = (state: Group, by: By): ActiveGroup | Rejected => {
  const group = activeFor(state, by)
  if ('rejected' in group) return group
  const staying = [...group.leaves.values()].some(
    ({ user, leafIndex }) => user === by.user && !group.required.has(leafIndex),
  )
  return staying ? group : stranger(group, by)
}

/** What a resync mends: the new leaf brings the live queue, or the fresh certificate, that the old one lacked. */
const mendable: ReadonlySet<RemovalReason> = new Set<RemovalReason>(['queueGone', 'expired'])

/**
 * Who may ask for the group info and post an external Commit: a client with a leaf, to resync, or another client of a
 * user with a leaf. A leaf that was cut off for good counts for neither.
 */
export const entitledToJoin = (state: Group, by: By): ActiveGroup | Rejected => {
  const group = activeFor(state, by)
  if ('rejected' in group) return group
  const own = group.clients.get(by.client)
  const counts = (leafIndex: number): boolean => {
    const removal = group.required.get(leafIndex)
    return removal === undefined || mendable.has(removal.reason)
  }
  const entitled =
    own === undefined
      ? [...group.leaves.values()].some(({ user, leafIndex }) => user === by.user && counts(leafIndex))
      : counts(own)
  return entitled ? group : stranger(group, by)
}

export const activeFor = (state: Group, by: Asker): ActiveGroup | Rejected => {
  switch (state.status) {
    case 'active':
      return state
    case 'none':
    case 'reserved':
      return reject({ code: 'no-such-group' })
    case 'reset':
    case 'deleted':
      return gone(state, by)
  }
}

const gone = (state: ClosedGroup, by: Asker): Rejected => {
  if (!isKnown(state, by)) return reject({ code: 'no-such-group' })
  return reject({ code: 'group-deleted', ...(state.successor === undefined ? {} : { successor: state.successor }) })
}

/** Who never had access hears what it would hear of a group that does not exist. */
export const stranger = (group: ActiveGroup, by: Asker): Rejected =>
  reject({ code: isKnown(group, by) ? 'not-a-member' : 'no-such-group' })

const isKnown = ({ known }: ActiveGroup | ClosedGroup, { user, client }: Asker): boolean =>
  known.has(user) || (client !== undefined && known.has(client))
