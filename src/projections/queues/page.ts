/**
 * What a queue shows above a position: the groups that moved, merged with its own items, never past the checkpoint
 * (decision 5), and the gap where application messages fell out before they were collected.
 */
import type { GroupId, QueueId } from '../../mls/wire/ids.js'
import { toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel, Row } from '../../ports/readModels.js'
import { writeCursor } from '../../items/cursor.js'
import { fallenOut } from './capacity.js'
import type { Capacity } from './capacity.js'
import { frameBytes, spreadPositions } from '../../items/frame.js'
import type { Frame } from '../../items/frame.js'
import type { FrameCache } from './frameCache.js'
import type { Recipient } from '../../items/audience.js'
import type { Item } from '../../items/queueItem.js'
import { makeLane, mergeLanes } from './lane.js'
import type { Lane } from './lane.js'
import { before, shows } from '../../items/membership.js'
import type { Membership } from '../../items/membership.js'
import { number, readGroupRow, readMessageRow, text } from './schema.js'
import type { GroupRow } from './schema.js'
import { countAt, expiredUpTo } from './unread.js'

export type PageAsk = {
  readonly queue: QueueId
  readonly recipients: readonly Recipient[]
  /** Nothing up to here: the reader's cursor, and at least where the queue began. */
  readonly after: Position
  readonly memberships: readonly Membership[]
  readonly limits: { readonly frames: number; readonly bytes: number }
  /** What the queue holds; undefined further on in a drain that has begun: it is judged where it begins. */
  readonly capacity: Capacity | undefined
  /** Messages sent before this time (ms) have fallen out. */
  readonly oldest: number
}

export type Page = {
  readonly frames: readonly Frame[]
  /** The cursor to go on from: everything up to it was shown, or is not for this queue. */
  readonly next: Position
  /** The page ended at its limit. */
  readonly more: boolean
  /** The read model's checkpoint: the page knows everything up to it and nothing past it. */
  readonly checkpoint: Position
}

export type PageDependencies = { readonly model: ReadModel; readonly cache: FrameCache; readonly logId: string }

/** A group that moved above the cursor while the queue was a member of it. */
type Moved = {
  readonly group: GroupRow
  readonly windows: readonly Membership[]
  readonly after: Position
  readonly upTo: Position
  /** Up to where its messages are out of reach. */
  fallen: number
}

export const readPage = async (deps: PageDependencies, ask: PageAsk, checkpoint: Position): Promise<Page> => {
  const moved = await movedGroups(deps.model, ask, checkpoint)
  const chunk = Math.min(128, Math.max(8, Math.ceil((2 * ask.limits.frames) / Math.max(1, moved.length))))
  await judgeCapacity(deps.model, ask, moved)
  const lanes = [
    ...moved.flatMap((one) => groupLanes(deps, ask, one, checkpoint, chunk)),
    ...ask.recipients.map((recipient) => ownLane(deps, recipient, ask.after, checkpoint)),
  ]
  const { frames, full } = await mergeLanes(lanes, ask.limits)
  const next = full ? (frames.at(-1)?.position ?? ask.after) : later(checkpoint, ask.after)
  const gap = await gapIn(deps, ask, moved, next)
  const shown = spreadPositions(gap === undefined ? frames : withGap(frames, gap), deps.logId)
  return { frames: shown, next, more: full, checkpoint }
}

const movedGroups = async (model: ReadModel, ask: PageAsk, checkpoint: Position): Promise<readonly Moved[]> => {
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

const later = (one: Position, other: Position): Position => (one > other ? one : other)
const earliest = (windows: readonly Membership[]): Position => toPosition(Math.min(...windows.map(({ from }) => from)))

const judgeCapacity = async (model: ReadModel, ask: PageAsk, moved: readonly Moved[]): Promise<void> => {
  if (ask.capacity === undefined) return
  const floor = await fallenOut(model, moved, ask.capacity)
  for (const one of moved) one.fallen = Math.max(one.fallen, floor)
}

const groupLanes = (
  { model, cache, logId }: PageDependencies,
  ask: PageAsk,
  moved: Moved,
  checkpoint: Position,
  chunk: number,
): readonly Lane[] => {
  const { group: row, windows, upTo } = moved
  const { group } = row
  const lane = (
    table: 'messages' | 'events',
    after: Position,
    frameOf: (row: Row) => Frame,
    visible: (frame: Frame) => boolean,
  ): Lane => {
    const source = {
      name: `${table} ${group}`,
      read: async (above: Position, to: Position, limit: number) =>
        (await model.range({ table, index: 'key', prefix: [group], after: [above], upTo: [to], limit })).map(frameOf),
    }
    return makeLane({
      after,
      upTo,
      chunk,
      visible,
      read: (above, limit) => cache.read(source, above, checkpoint, limit),
    })
  }
  const inWindow = (frame: Frame): boolean =>
    windows.some((window) => shows(window, frame.position, frame.message?.epoch))
  const youngEnough = (frame: Frame): boolean => {
    if (frame.message === undefined || frame.message.at >= ask.oldest) return true
    moved.fallen = Math.max(moved.fallen, frame.position)
    return false
  }
  const messagesAfter = later(moved.after, toPosition(moved.fallen))
  return [
    ...(row.lastEvent > moved.after ? [lane('events', moved.after, eventFrame(logId), inWindow)] : []),
    ...(row.lastMessage > messagesAfter
      ? [lane('messages', messagesAfter, messageFrame(logId), (frame) => youngEnough(frame) && inWindow(frame))]
      : []),
  ]
}

const eventFrame =
  (logId: string) =>
  (row: Row): Frame => {
    const position = toPosition(number(row, 'position'))
    return { position, bytes: frameBytes(text(row, 'item'), logId, position) }
  }

const messageFrame =
  (logId: string) =>
  (row: Row): Frame => {
    const { item, epoch, revision, at } = readMessageRow(row)
    const position = toPosition(number(row, 'position'))
    const message = { epoch: BigInt(epoch), count: revision + 1, at }
    return { position, bytes: frameBytes(item, logId, position), message }
  }

const ownChunk = 128

const ownLane = (
  { model, logId }: PageDependencies,
  recipient: Recipient,
  after: Position,
  checkpoint: Position,
): Lane =>
  makeLane({
    after,
    upTo: checkpoint,
    chunk: ownChunk,
    visible: () => true,
    read: async (above, limit) => {
      const range = { table: 'own', index: 'key', prefix: [recipient], after: [above], upTo: [checkpoint] }
      const rows = await model.range({ ...range, limit })
      return rows.map(eventFrame(logId))
    },
  })

type Gap = { readonly to: Position; readonly frame: Frame }

/** What fell out between the cursor and the page's end; it stands where it ends, so that it can be acknowledged. */
const gapIn = async (
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
  for (const { from, until } of moved.windows) {
    const begin = Math.max(after, from - 1)
    const end = Math.min(next, moved.fallen, until)
    if (end > begin) {
      count += (await countAt(model, moved.group, end)) - (await countAt(model, moved.group, begin))
    }
  }
  return count
}

const withGap = (frames: readonly Frame[], { to, frame }: Gap): readonly Frame[] => {
  const later = frames.findIndex(({ position }) => position > to)
  return later < 0 ? [...frames, frame] : [...frames.slice(0, later), frame, ...frames.slice(later)]
}
