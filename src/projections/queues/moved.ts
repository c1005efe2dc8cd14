/** The groups that moved above a reader's cursor while the queue was a member of them. */
import { before } from '../../items/membership.js'
import type { Membership } from '../../items/membership.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import { expiredUpTo } from './messageCounts.js'
import type { PageAsk } from './pageAsk.js'
import { readGroupRow } from './schema.js'
import type { GroupRow } from './schema.js'

export type Moved = {
  readonly group: GroupRow
  readonly windows: readonly Membership[]
  readonly after: Position
  readonly upTo: Position
  /** Up to where its messages are out of reach. */
  fallen: number
}

export const movedGroups = async (model: ReadModel, ask: PageAsk, checkpoint: Position): Promise<readonly Moved[]> => {
  const windows = new Map<GroupId, Membership[]>()
  for (const one of ask.memberships) windows.set(one.group, [...(windows.get(one.group) ?? []), one])
  const names = [...windows.keys()]
  const rows = await model.getMany(
    'groups',
    names.map((name) => [name]),
  )
  return names.flatMap((name, index) => {
    const row = rows[index]
    const own = windows.get(name) ?? []
    const after = later(ask.after, before(earliest(own)))
    const upTo = toPosition(Math.min(checkpoint, Math.max(...own.map(({ until }) => until))))
    if (row === undefined || upTo <= after) return []
    const group = readGroupRow(row)
    if (Math.max(group.lastMessage, group.lastEvent) <= after) return []
    return [{ group, windows: own, after, upTo, fallen: expiredUpTo(group) }]
  })
}

export const later = (one: Position, other: Position): Position => (one > other ? one : other)
const earliest = (windows: readonly Membership[]): Position => toPosition(Math.min(...windows.map(({ from }) => from)))
