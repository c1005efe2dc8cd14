/** The cap of a queue (docs/limits.md): of the application messages that wait, the newest so many, or so many bytes. */
import { origin, toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import { blockMessages, number, readMessageRow } from './schema.js'
import type { MessageRow } from './schema.js'
import { countAt } from './messageCounts.js'
import type { Stretch } from './messageCounts.js'

export type Capacity = { readonly messages: number; readonly bytes: number }

/**
 * The position up to which messages fall out of a queue whose groups moved in these stretches; origin when all fit.
 * Three looks, each only when the one before cannot tell: what the groups hold, what waits of it, and each message from
 * the newest back.
 */
export const fallenOut = async (
  model: ReadModel,
  stretches: readonly Stretch[],
  capacity: Capacity,
): Promise<Position> => {
  const held = sum(stretches, ({ group }) => group.count - (group.marks.at(-1)?.[1] ?? 0))
  const heldBytes = sum(stretches, ({ group }) => group.bytes)
  if (held <= capacity.messages && heldBytes <= capacity.bytes) return origin
  const waiting = await Promise.all(stretches.map((stretch) => waitingIn(model, stretch)))
  const messages = sum(waiting, (one) => one.messages)
  if (messages <= capacity.messages && sum(waiting, (one) => one.bytesMax) <= capacity.bytes) return origin
  return await walkBack(model, stretches, capacity)
}

const sum = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((total, value) => total + of(value), 0)

type Waiting = { readonly messages: number; readonly bytesMax: number }

/** `bytesMax` counts whole blocks, so it is at most a block too much at each end. */
const waitingIn = async (model: ReadModel, { group, after, upTo }: Stretch): Promise<Waiting> => {
  const [begun, ended] = await Promise.all([countAt(model, group, after), countAt(model, group, upTo)])
  if (ended <= begun) return { messages: 0, bytesMax: 0 }
  const first = Math.floor(begun / blockMessages)
  const last = Math.floor((ended - 1) / blockMessages)
  const blocks = await model.range({
    table: 'blocks',
    index: 'key',
    prefix: [group.group],
    after: [first - 1],
    upTo: [last],
    limit: last - first + 1,
  })
  return { messages: ended - begun, bytesMax: sum(blocks, (row) => number(row, 'bytes')) }
}

const pageRows = 200

/** From the newest back until the capacity is used up: the position of the first message that does not fit. */
const walkBack = async (model: ReadModel, stretches: readonly Stretch[], capacity: Capacity): Promise<Position> => {
  const walks = await Promise.all(stretches.map((stretch) => startWalk(model, stretch)))
  let { messages, bytes } = capacity
  for (;;) {
    const newest = newestOf(walks)
    const row = newest?.rows[newest.at]
    if (newest === undefined || row === undefined) return origin
    messages -= 1
    bytes -= row.bytes
    if (messages < 0 || bytes < 0) return toPosition(row.position)
    newest.at++
    if (newest.at >= newest.rows.length && !newest.done) await walkOn(model, newest)
  }
}

type Walk = { readonly stretch: Stretch; below: number; rows: readonly MessageRow[]; at: number; done: boolean }

const startWalk = async (model: ReadModel, stretch: Stretch): Promise<Walk> => {
  const walk: Walk = { stretch, below: stretch.upTo, rows: [], at: 0, done: false }
  await walkOn(model, walk)
  return walk
}

const walkOn = async (model: ReadModel, walk: Walk): Promise<void> => {
  const { group, after } = walk.stretch
  const rows = await model.range({
    table: 'messages',
    index: 'key',
    prefix: [group.group],
    after: [after],
    upTo: [walk.below],
    descending: true,
    limit: pageRows,
  })
  walk.rows = rows.map(readMessageRow)
  walk.at = 0
  walk.done = rows.length < pageRows
  walk.below = (walk.rows.at(-1)?.position ?? 1) - 1
}

const newestOf = (walks: readonly Walk[]): Walk | undefined => {
  let best: Walk | undefined
  for (const walk of walks) {
    const at = walk.rows[walk.at]?.position ?? -1
    if (at > (best?.rows[best.at]?.position ?? -1)) best = walk
  }
  return best
}
