/** From where numbers of a follower can be counted again: the last mark at or before one, and what fell out after it. */
import type { Anchor } from '../../events/peerOutbox.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { ReadModel, Row } from '../../ports/readModels.js'
import type { Gap } from './numbering.js'
import { followOf } from './schema.js'

/** `isLast`: nothing was confirmed after it, so whatever messages are gone behind it, but for the gaps, were none of this follower's. */
export type Counting = { readonly anchor: Anchor; readonly isLast: boolean; readonly gaps: readonly Gap[] }

/** `items`: how many from there on are wanted; each gap stands for one number at least. Undefined before the first mark. */
export const countedFrom = async (
  model: Pick<ReadModel, 'get' | 'range'>,
  { peer, group, from, items }: CountedFrom,
): Promise<Counting | undefined> => {
  const prefix = [peer, group]
  const row = await model.get('follows', prefix)
  const follow = row === undefined ? undefined : followOf(row)
  const last = follow?.anchored === true ? follow.anchor : undefined
  const isLast = last !== undefined && last.sequence <= from
  const anchor = isLast ? last : await markBefore(model, prefix, from)
  if (anchor === undefined) return undefined
  const limit = from - anchor.sequence + items + 1
  const gaps = await model.range({ table: 'gaps', index: 'key', prefix, after: [anchor.sequence - 1], limit })
  return { anchor, isLast, gaps: gaps.map(gapOf) }
}

const markBefore = async (
  model: Pick<ReadModel, 'range'>,
  prefix: readonly string[],
  from: number,
): Promise<Anchor | undefined> => {
  const [row] = await model.range({
    ...{ table: 'marks', index: 'key', prefix, limit: 1 },
    ...{ descending: true, upTo: [from] },
  })
  return row === undefined ? undefined : anchorOf(row)
}

export type CountedFrom = {
  readonly peer: Domain
  readonly group: GroupId
  readonly from: number
  readonly items: number
}

const anchorOf = (row: Row): Anchor => {
  const { sequence, groupRevision, messagesRevision } = row as Anchor
  return { sequence, groupRevision, messagesRevision }
}

const gapOf = (row: Row): Gap => {
  const { from, through, messagesRevision } = row as unknown as Gap
  return { from, through, messagesRevision }
}
