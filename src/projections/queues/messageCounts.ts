/** How many messages stand where: counted from what the rows say of themselves, never stored per queue. */
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import { readMessageRow } from './schema.js'
import type { GroupRow } from './schema.js'

/**
 * Messages of a group sent up to a position. Exact where messages are still there, and at each mark; between marks,
 * where nothing is left to count, it is what the mark below says.
 */
export const countAt = async (model: ReadModel, group: GroupRow, position: number): Promise<number> => {
  if (position <= 0) return 0
  if (position >= group.lastMessage) return group.count
  const [newest] = await model.range({
    table: 'messages',
    index: 'key',
    prefix: [group.group],
    upTo: [position],
    descending: true,
    limit: 1,
  })
  const [, marked = 0] = group.marks.findLast(([at]) => at <= position) ?? []
  return newest === undefined ? marked : readMessageRow(newest).revision + 1
}

/** Up to where messages of a group are gone: 0 when all are there. */
export const expiredUpTo = (group: GroupRow): number => group.marks.at(-1)?.[0] ?? 0

/** A stretch of positions of a group: above `after`, up to `upTo`. */
export type Stretch = { readonly group: GroupRow; readonly after: Position; readonly upTo: Position }
