/** When a user was in a group: told from the group's facts alone, for whoever asks about the past. */
import type { GroupEvent } from '../../events/group.js'
import type { UserId } from '../../mls/wire/ids.js'

/** `leaves`: those that the user has, none of them on its way out. Times are of the facts, ms. */
export type Stays = {
  readonly user: UserId
  readonly leaves: readonly number[]
  readonly since: number
  readonly ended: readonly { readonly from: number; readonly until: number }[]
}

export const noStays = (user: UserId): Stays => ({ user, leaves: [], since: 0, ended: [] })

/** The fold of a group's facts, in their order; `at`: when the fact was recorded. */
export const stay = (stays: Stays, event: GroupEvent, at: number): Stays => {
  switch (event.type) {
    case 'GroupCreated':
      return after(stays, [], [event.data.creator], at)
    case 'CommitAccepted':
      return after(stays, event.data.removed, event.data.added, at)
    case 'RemovalRequired':
      return after(stays, event.data.leaves, [], at)
    case 'GroupReset':
    case 'GroupDeleted':
      return ended(stays, at)
    case 'GroupIdReserved':
    case 'GroupFollowed':
    case 'MessagesMissed':
    case 'ProposalAccepted':
    case 'RoleChanged':
    case 'SettingsChanged':
    case 'ProfileChanged':
    case 'MessagesExpired':
    case 'FaultReported':
      return stays
  }
}

/**
 * Whether the user was shown what was accepted at that time, ms. The end is generous: a message may be accepted while the
 * Commit that removes somebody is under way. The beginning is not: what one saw then was sent by who had seen one come.
 */
export const wasThere = ({ leaves, since, ended: before }: Stays, at: number): boolean =>
  (leaves.length > 0 && since <= at) || before.some(({ from, until }) => from <= at && at <= until + underWayMs)

/** As long as a request may take. */
const underWayMs = 30_000

type Seat = { readonly leafIndex: number; readonly user: UserId }

const after = (stays: Stays, gone: readonly Seat[], come: readonly Seat[], at: number): Stays => {
  const out = new Set(gone.map(({ leafIndex }) => leafIndex))
  const own = come.filter(({ user }) => user === stays.user).map(({ leafIndex }) => leafIndex)
  const leaves = [...stays.leaves.filter((leaf) => !out.has(leaf)), ...own]
  if (leaves.length === 0) return ended(stays, at)
  return { ...stays, leaves, since: stays.leaves.length === 0 ? at : stays.since }
}

const ended = (stays: Stays, at: number): Stays =>
  stays.leaves.length === 0
    ? stays
    : { ...stays, leaves: [], ended: [...stays.ended, { from: stays.since, until: at }] }
