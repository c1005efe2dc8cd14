/** What is confirmed goes, what fell out leaves a gap, and the rest is counted on from the anchor where a rebuild miscounted. */
import type { Anchor } from '../../events/peerOutbox.js'
import type { Placed } from '../../items/placed.js'
import { allRows } from '../../projections/allRows.js'
import type { Rows } from '../../projections/projection.js'
import { moveItem, putFollow, putItem, removeItem } from './follows.js'
import { numbered } from './numbering.js'
import type { Entry, Gap } from './numbering.js'
import { followOf, itemOf } from './schema.js'
import type { FollowRow, ItemRow } from './schema.js'

/** Counted right so far, only what is confirmed is read; else everything is numbered anew. */
export const anchorAt = async (rows: Rows, peer: string, group: string, anchor: Anchor): Promise<void> => {
  const row = await rows.get('follows', [peer, group])
  if (row === undefined) return
  const follow = followOf(row)
  if (anchor.sequence < follow.anchor.sequence) return
  const confirmed = await itemsOf(rows, peer, group, anchor.sequence - 1)
  const last = confirmed.at(-1)
  const countedRight =
    last === undefined
      ? anchor.sequence === follow.anchor.sequence
      : last.through + 1 === anchor.sequence &&
        last.groupRevision === anchor.groupRevision &&
        last.messagesRevision === anchor.messagesRevision
  const anchored = mark(rows, { ...follow, anchored: true, anchor })
  if (!countedRight) return renumber(rows, anchored, await itemsOf(rows, peer, group))
  for (const item of confirmed) await removeItem(rows, item)
  await putFollow(rows, anchored)
}

/** Nobody who asks again counts many more than these from a mark. */
const itemsPerMark = 500

const mark = (rows: Rows, follow: FollowRow): FollowRow => {
  const { peer, group, anchor, marked } = follow
  if (marked >= 0 && anchor.sequence - marked < itemsPerMark) return follow
  rows.put('marks', { peer, group, ...anchor })
  return { ...follow, marked: anchor.sequence }
}

type Fallen = {
  readonly group: string
  readonly fromSequence: number
  readonly toSequence: number
  readonly messagesRevision: number
}

export const gapIn = async (rows: Rows, peer: string, fallen: Fallen, { position, at }: Placed): Promise<void> => {
  const { group, fromSequence: from, toSequence: through, messagesRevision } = fallen
  const row = await rows.get('follows', [peer, group])
  if (row === undefined) return
  const follow = followOf(row)
  rows.put('gaps', { peer, group, from, through, messagesRevision })
  if (through < follow.anchor.sequence) return
  const gap = {
    peer,
    group,
    kind: 'gap',
    sequence: from,
    through,
    revision: messagesRevision,
    position,
    at,
    bytes: 100,
  } as const
  const run = await itemsOf(rows, peer, group, through, from)
  const last = run.at(-1)
  if (last === undefined || !isRun(run, fallen))
    return renumber(rows, follow, [
      ...(await itemsOf(rows, peer, group)),
      { ...gap, groupRevision: follow.anchor.groupRevision, messagesRevision },
    ])
  for (const item of run) await removeItem(rows, item)
  await putItem(rows, { ...gap, groupRevision: last.groupRevision, messagesRevision })
}

/** Messages one after another, and all that the gap stands for: it takes their place, and nobody else's number changes. */
const isRun = (run: readonly ItemRow[], { fromSequence, toSequence, messagesRevision }: Fallen): boolean =>
  run.length === toSequence - fromSequence + 1 &&
  run.every(({ kind }) => kind === 'message') &&
  run.at(-1)?.messagesRevision === messagesRevision

/** In the order of their numbers; all, or those up to one, or from one on. */
const itemsOf = async (
  rows: Rows,
  peer: string,
  group: string,
  upTo?: number,
  from?: number,
): Promise<readonly ItemRow[]> => {
  const bound = upTo === undefined ? {} : { upTo: [upTo] }
  const range = { table: 'items', index: 'key', prefix: [peer, group], ...bound }
  const first = from === undefined ? {} : { after: [from - 1] }
  return (await allRows(rows, { ...range, ...first }, (row) => [itemOf(row).sequence])).map(itemOf)
}

type GapItem = ItemRow & Gap

const renumber = async (rows: Rows, follow: FollowRow, items: readonly ItemRow[]): Promise<void> => {
  const gaps = items.filter(({ kind }) => kind === 'gap').map((item): GapItem => ({ ...item, from: item.sequence }))
  const entries = items
    .filter((item): item is ItemRow & Entry => item.kind !== 'gap')
    .sort((one, other) => one.position - other.position)
  const { items: counted, next, ahead } = numbered(follow.anchor, entries, gaps)
  for (const item of items) await removeItem(rows, item)
  for (const { one, numbers } of counted) await moveItem(rows, withoutFrom(one), numbers)
  for (const gap of ahead) await moveItem(rows, withoutFrom(gap), gap)
  await putFollow(rows, { ...follow, next })
}

const withoutFrom = (item: ItemRow & { readonly from?: number }): ItemRow => {
  const { from: _, ...rest } = item
  return rest
}
