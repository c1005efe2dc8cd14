/** The rows of memberships: one for each that there was, and one for each seat that lasts. */
import { joined, movedTo } from '../../items/membership.js'
import type { Membership, SeatChange } from '../../items/membership.js'
import type { Position } from '../../ports/position.js'
import type { Rows } from '../projection.js'
import { membershipRow, readMembership } from './schema.js'

export const changeSeat = async (change: SeatChange, rows: Rows): Promise<void> => {
  const { group, leaf } = change
  const seat = await rows.get('seats', [group, leaf])
  const current = seat === undefined ? undefined : readMembership(seat)
  switch (change.change) {
    case 'joins':
      beginMembership(joined(change), rows)
      return
    case 'leaves':
      if (current !== undefined) await endMembership(current, change.until, rows)
      return
    case 'stays':
      if (current?.queue === change.queue) return
      if (current !== undefined) await endMembership(current, change.at, rows)
      if (change.queue !== undefined) beginMembership(movedTo(change, change.queue), rows)
  }
}

const beginMembership = (membership: Membership, rows: Rows): void => {
  rows.put('seats', membershipRow(membership))
  rows.put('memberships', membershipRow(membership))
}

/** A membership that has ended stays for as long as its queue does: there may be messages in it to collect. */
const endMembership = async (membership: Membership, until: Position, rows: Rows): Promise<void> => {
  const { group, leaf, from, queue } = membership
  rows.remove('seats', [group, leaf])
  if ((await rows.get('queues', [queue])) === undefined) rows.remove('memberships', [group, leaf, from])
  else rows.put('memberships', membershipRow({ ...membership, until }))
}
