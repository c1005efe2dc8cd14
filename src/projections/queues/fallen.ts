/**
 * What was once judged to have fallen out of a queue, so that the next look counts only what has come since: the oldest
 * go as the newest come.
 */
import type { GroupId } from '../../mls/wire/ids.js'
import { toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import { countsFor, expiredUpTo } from './messageCounts.js'
import type { Stretch } from './messageCounts.js'
import { readMessageRow } from './schema.js'
import type { MessageRow } from './schema.js'

export type Capacity = { readonly messages: number; readonly bytes: number }

export type Fallen = {
  /** Messages up to here have fallen out. */
  readonly upTo: Position
  /** What of the stretches lies above, which fits. */
  readonly messages: number
  readonly bytes: number
  readonly judged: ReadonlyMap<GroupId, Pick<Stretch, 'after' | 'upTo'>>
}

export const judgedOf = (stretches: readonly Stretch[]): Fallen['judged'] =>
  new Map(stretches.map(({ group, after, upTo }) => [group.group, { after, upTo }]))

/** Rows that are worth reading to go on from what is known; beyond that it is judged anew. */
const rowsMax = 2_000
const pageRows = 64

/** The same judgement of stretches that have only grown; undefined when they have changed otherwise, or by too much. */
export const fallenSince = async (
  model: ReadModel,
  known: Fallen,
  stretches: readonly Stretch[],
  capacity: Capacity,
): Promise<Fallen | undefined> => {
  if (!haveGrown(known, stretches)) return undefined
  let { upTo, messages, bytes } = known
  for (const stretch of stretches) {
    const seen = known.judged.get(stretch.group.group)?.upTo ?? stretch.after
    for await (const row of rowsOf(model, stretch, Math.max(seen, upTo))) {
      messages++
      bytes += row.bytes
      if (messages - known.messages > rowsMax) return undefined
    }
  }
  if (messages <= capacity.messages && bytes <= capacity.bytes) {
    return { upTo, messages, bytes, judged: judgedOf(stretches) }
  }
  const oldest = stretches.map((stretch) => rowsOf(model, stretch, upTo))
  const heads = await Promise.all(oldest.map(async (rows) => nextOf(rows)))
  while (messages > capacity.messages || bytes > capacity.bytes) {
    const at = oldestOf(heads)
    const row = heads[at]
    const rows = oldest[at]
    if (row === undefined || rows === undefined) return undefined
    upTo = toPosition(row.position)
    messages--
    bytes -= row.bytes
    heads[at] = await nextOf(rows)
  }
  return { upTo, messages, bytes, judged: judgedOf(stretches) }
}

/** Nothing that was counted may have gone, by a cursor that moved, a group that was left out, or age. */
const haveGrown = ({ judged, upTo }: Fallen, stretches: readonly Stretch[]): boolean => {
  const now = new Map(stretches.map((stretch) => [stretch.group.group, stretch]))
  for (const [group, before] of judged) {
    const stretch = now.get(group)
    if (stretch === undefined || stretch.upTo < before.upTo) return false
    if (stretch.after !== before.after && Math.max(stretch.after, before.after) > upTo) return false
    if (expiredUpTo(stretch.group) > Math.max(upTo, stretch.after)) return false
  }
  return true
}

/** The messages of a stretch above a position, oldest first. */
async function* rowsOf(model: ReadModel, stretch: Stretch, above: number): AsyncGenerator<MessageRow> {
  const { group, after, upTo } = stretch
  for (let from = Math.max(after, above); from < upTo;) {
    const range = { table: 'messages', index: 'key', prefix: [group.group], after: [from], upTo: [upTo] }
    const rows = (await model.range({ ...range, limit: pageRows })).map(readMessageRow)
    for (const row of rows) if (countsFor(stretch, row)) yield row
    if (rows.length < pageRows) return
    from = rows.at(-1)?.position ?? upTo
  }
}

const nextOf = async (rows: AsyncGenerator<MessageRow>): Promise<MessageRow | undefined> => {
  const next: IteratorResult<MessageRow, unknown> = await rows.next()
  return next.done === true ? undefined : next.value
}

const oldestOf = (heads: readonly (MessageRow | undefined)[]): number =>
  heads.reduce(
    (best, row, at) => (row !== undefined && row.position < (heads[best]?.position ?? Infinity) ? at : best),
    0,
  )
