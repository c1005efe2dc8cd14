/** How many messages stand where: counted from what the rows say of themselves, never stored per queue. */
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import { readMessageRow } from './schema.js'
import type { GroupRow } from './schema.js'

type Counted = { readonly revisions: number; readonly at: number }

/**
 * Messages of a group sent up to a position, each once. Exact where messages are still there, and at each mark; between
 * marks, where nothing is left to count, it is what the mark below says.
 */
export const countAt = async (model: ReadModel, group: GroupRow, position: number): Promise<number> => {
  const { revisions, at } = await countedAt(model, group, position)
  return revisions - (group.holes ?? []).filter(([hole]) => hole < at).length
}

/** Revisions taken up to a position, holes among them. */
export const revisionsAt = async (model: ReadModel, group: GroupRow, position: number): Promise<number> =>
  (await countedAt(model, group, position)).revisions

/** By the newest message up to a position, and where that stands. */
const countedAt = async (model: ReadModel, group: GroupRow, position: number): Promise<Counted> => {
  if (position <= 0) return { revisions: 0, at: 0 }
  if (position >= group.lastMessage) return { revisions: group.count, at: group.lastMessage }
  const [newest] = await model.range({
    table: 'messages',
    index: 'key',
    prefix: [group.group],
    upTo: [position],
    descending: true,
    limit: 1,
  })
  const [marked = 0, count = 0] = group.marks.findLast(([at]) => at <= position) ?? []
  if (newest === undefined) return { revisions: count, at: marked }
  const message = readMessageRow(newest)
  return { revisions: message.revision + 1, at: message.position }
}

/** Up to where messages of a group are gone: 0 when all are there. */
export const expiredUpTo = (group: GroupRow): number => group.marks.at(-1)?.[0] ?? 0

/** A stretch of positions of a group: above `after`, up to `upTo`. */
export type Stretch = { readonly group: GroupRow; readonly after: Position; readonly upTo: Position }
