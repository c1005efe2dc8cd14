/** The gap of a page: how many application messages fell out before they were collected, and where. */
import { writeCursor } from '../../items/cursor.js'
import { frameBytes } from '../../items/frame.js'
import type { Frame } from '../../items/frame.js'
import type { Item } from '../../items/queueItem.js'
import { toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import { countAt } from './messageCounts.js'
import type { Moved } from './moved.js'
import type { PageAsk, PageDependencies } from './pageAsk.js'

export type Gap = { readonly to: Position; readonly frame: Frame }

/** What fell out between the cursor and the page's end; it stands where it ends, so that it can be acknowledged. */
export const gapIn = async (
  { model, logId }: PageDependencies,
  ask: PageAsk,
  moved: readonly Moved[],
  next: Position,
): Promise<Gap | undefined> => {
  const holed = moved.filter(({ fallen, after }) => fallen > after)
  if (holed.length === 0) return undefined
  const counted = await Promise.all(
    holed.map(async (one) => ({ group: one.group.group, count: await fallenFrom(model, one, ask.after, next) })),
  )
  const groups = counted.filter(({ count }) => count > 0)
  if (groups.length === 0) return undefined
  const to = toPosition(Math.min(next, Math.max(...holed.map(({ fallen }) => fallen))))
  const item: Item = { type: 'gap', groups, from: writeCursor(logId, ask.after), to: writeCursor(logId, to) }
  return { to, frame: { position: to, bytes: frameBytes(JSON.stringify(item), logId, to) } }
}

const fallenFrom = async (model: ReadModel, moved: Moved, after: Position, next: Position): Promise<number> => {
  let count = 0
  for (const { from, until, leaf } of moved.windows) {
    const begin = Math.max(after, from - 1)
    const end = Math.min(next, moved.fallen, until)
    if (end > begin) {
      count += (await countAt(model, moved.group, end, leaf)) - (await countAt(model, moved.group, begin, leaf))
    }
  }
  return count
}

export const withGap = (frames: readonly Frame[], { to, frame }: Gap): readonly Frame[] => {
  const later = frames.findIndex(({ position }) => position > to)
  return later < 0 ? [...frames, frame] : [...frames.slice(0, later), frame, ...frames.slice(later)]
}
