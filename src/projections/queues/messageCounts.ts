/** How many messages stand where: counted from what the rows say of themselves, never stored per queue. */
import { shows } from '../../items/membership.js'
import type { Membership } from '../../items/membership.js'
import { toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import { number, readMessageRow, targetsIn } from './schema.js'
import type { GroupRow, MessageRow } from './schema.js'

type Counted = { readonly revisions: number; readonly at: number }

/**
 * Messages of a group that a leaf was to see, sent up to a position, each once. Exact where messages are still there, and at each mark; between
 * marks, where nothing is left to count, it is what the mark below says.
 */
export const countAt = async (model: ReadModel, group: GroupRow, position: number, leaf: number): Promise<number> => {
  const { revisions, at } = await countedAt(model, group, position)
  const holes = (group.holes ?? []).filter(([hole]) => hole < at).length
  return revisions - holes - (await forOthersAt(model, group, position, leaf))
}

/** Targeted messages up to a position that were for other leaves: what expired, by its mark, and what is there, by its blocks. */
const forOthersAt = async (model: ReadModel, group: GroupRow, position: number, leaf: number): Promise<number> => {
  const gone = group.marks.findLast(([at]) => at <= position)?.[2]
  const expired = gone === undefined ? 0 : gone.count - (gone.leaves[leaf] ?? 0)
  if (group.targeted === undefined) return expired
  let there = 0
  for (let block = -1; ;) {
    const range = { table: 'blocks', index: 'key', prefix: [group.group], after: [block], limit: blocksMax }
    const rows = await model.range(range)
    for (const row of rows) {
      there += targetsIn(row).filter(([at, targets]) => at <= position && !targets.includes(leaf)).length
    }
    if (rows.length < blocksMax) return expired + there
    block = number(rows.at(-1) ?? {}, 'block')
  }
}
const blocksMax = 500

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
export type Stretch = {
  readonly group: GroupRow
  /** The queue's memberships of the group. */
  readonly windows: readonly Membership[]
  readonly after: Position
  readonly upTo: Position
}

/** Whether a message of the stretch is one of the queue's at all, where it is for some only. */
export const countsFor = ({ windows }: Stretch, { position, targets }: MessageRow): boolean =>
  targets === undefined || windows.some((window) => shows(window, toPosition(position), undefined, targets))
