/** Leaves of ours that other servers' groups are to let go of, as rows that stand until the group has done so. */
import type { FollowedEvent } from '../../events/followed.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { ReadModel, Row } from '../../ports/readModels.js'
import type { Placed } from '../../items/placed.js'
import { allRows } from '../allRows.js'
import type { Rows } from '../projection.js'
import { number, text } from './schema.js'

type Asked = Extract<FollowedEvent, { type: 'RemovalAsked' }>['data']

/** `event`: the fact that says so. `since`: when that was, ms. */
export type DepartureRow = Row &
  Asked['leaves'][number] & {
    readonly group: GroupId
    readonly reason: Asked['reason']
    readonly event: string
    readonly since: number
  }

/** What went meanwhile is not asked for. */
export const departing = async (
  { group, leaves, reason }: Asked,
  { id: event, at: since }: Placed,
  rows: Rows,
): Promise<void> => {
  for (const leaf of leaves) {
    const seated = await rows.get('leaves', [group, leaf.leafIndex])
    if (seated?.['client'] !== leaf.client) continue
    const { reference, ...occupant } = leaf
    const named = reference === undefined ? {} : { reference }
    rows.put('departures', { ...occupant, ...named, group, reason, event, since } satisfies DepartureRow)
  }
}

/** The leaf is gone, or known to have to go, or another one is there. */
export const departed = (group: GroupId, leafIndex: number, rows: Rows): void => {
  rows.remove('departures', [group, leafIndex])
}

/** A leaf that names another queue has nothing to do with the one that is gone. */
export const updatedSince = async (group: GroupId, leafIndex: number, rows: Rows): Promise<void> => {
  const row = await rows.get('departures', [group, leafIndex])
  if (row?.['reason'] === 'queueGone') departed(group, leafIndex, rows)
}

const leavesMax = 20_000

export const allDeparted = async (group: GroupId, rows: Rows): Promise<void> => {
  const left = await rows.range({ table: 'departures', index: 'key', prefix: [group], limit: leavesMax })
  for (const row of left) departed(group, number(row, 'leafIndex'), rows)
}

export const departuresIn = async (model: ReadModel): Promise<readonly DepartureRow[]> => {
  const behind = (row: Row) => [text(row, 'group'), number(row, 'leafIndex')]
  return (await allRows(model, { table: 'departures', index: 'key', prefix: [] }, behind)) as readonly DepartureRow[]
}
