/** The cap of a queue (docs/limits.md): of the application messages that wait, the newest so many, or so many bytes. */
import type { QueueId } from '../../mls/wire/ids.js'
import { origin, toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import type { Newest } from '../../structures/newest.js'
import { fallenSince, judgedOf } from './fallen.js'
import type { Capacity, Fallen } from './fallen.js'
import { blockMessages, number, readMessageRow } from './schema.js'
import type { MessageRow } from './schema.js'
import { countsFor, revisionsAt } from './messageCounts.js'
import type { Stretch } from './messageCounts.js'

/** What was judged before, by whatever a caller asks for again and again. */
export type Judgements = Pick<Newest<QueueId, Fallen>, 'get' | 'set'>

/**
 * The position up to which messages fall out of a queue whose groups moved in these stretches; origin when all fit.
 * Looks, each only when the one before cannot tell: what the groups hold, what waits of it, what has come since it was
 * last judged, and each message from the newest back.
 */
export const fallenOut = async (
  model: ReadModel,
  { queue, stretches, capacity }: { queue: QueueId; stretches: readonly Stretch[]; capacity: Capacity },
  judgements: Judgements,
): Promise<Position> => {
  const held = sum(stretches, ({ group }) => group.count - (group.marks.at(-1)?.[1] ?? 0))
  const heldBytes = sum(stretches, ({ group }) => group.bytes)
  if (held <= capacity.messages && heldBytes <= capacity.bytes) return origin
  const waiting = await Promise.all(stretches.map((stretch) => waitingIn(model, stretch)))
  const messages = sum(waiting, (one) => one.messages)
  if (messages <= capacity.messages && sum(waiting, (one) => one.bytesMax) <= capacity.bytes) return origin
  const known = judgements.get(queue)
  const since = known === undefined ? undefined : await fallenSince(model, known, stretches, capacity)
  const fallen = since ?? (await walkBack(model, stretches, capacity))
  judgements.set(queue, fallen)
  return fallen.upTo
}

const sum = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((total, value) => total + of(value), 0)

type Waiting = { readonly messages: number; readonly bytesMax: number }

/** At most: holes count as messages. `bytesMax` counts whole blocks, so it is at most a block too much at each end. */
const waitingIn = async (model: ReadModel, { group, after, upTo }: Stretch): Promise<Waiting> => {
  const [begun, ended] = await Promise.all([revisionsAt(model, group, after), revisionsAt(model, group, upTo)])
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

/** Rows walked in one turn of the event loop. */
const rowsInOneTurn = 1_000

/** From the newest back until the capacity is used up: up to the first message that does not fit. */
const walkBack = async (model: ReadModel, stretches: readonly Stretch[], capacity: Capacity): Promise<Fallen> => {
  const walks = await Promise.all(stretches.map((stretch) => startWalk(model, stretch)))
  const judged = judgedOf(stretches)
  let [messages, bytes] = [0, 0]
  for (;;) {
    const newest = newestOf(walks)
    const row = newest?.rows[newest.at]
    if (newest === undefined || row === undefined) return { upTo: origin, messages, bytes, judged }
    if (messages + 1 > capacity.messages || bytes + row.bytes > capacity.bytes) {
      return { upTo: toPosition(row.position), messages, bytes, judged }
    }
    messages++
    bytes += row.bytes
    newest.at++
    if (newest.at >= newest.rows.length && !newest.done) await walkOn(model, newest)
    if (messages % rowsInOneTurn === 0) await new Promise((resolve) => setImmediate(resolve))
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
  do {
    const rows = await model.range({
      table: 'messages',
      index: 'key',
      prefix: [group.group],
      after: [after],
      upTo: [walk.below],
      descending: true,
      limit: pageRows,
    })
    const messages = rows.map(readMessageRow)
    walk.rows = messages.filter((row) => countsFor(walk.stretch, row))
    walk.at = 0
    walk.done = rows.length < pageRows
    walk.below = (messages.at(-1)?.position ?? 1) - 1
  } while (walk.rows.length === 0 && !walk.done)
}

const newestOf = (walks: readonly Walk[]): Walk | undefined => {
  let best: Walk | undefined
  for (const walk of walks) {
    const at = walk.rows[walk.at]?.position ?? -1
    if (at > (best?.rows[best.at]?.position ?? -1)) best = walk
  }
  return best
}
