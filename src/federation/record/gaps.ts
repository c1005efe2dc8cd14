/** Gaps stand for several numbers, and a follower may have the first of what they stand for: the answer that said so was lost. */
import type { Item } from '../item.js'
import { throughOf } from '../numbered.js'
import { encodeBody } from '../wire/body.js'
import { gapItem } from '../wire/itemContents.js'

/** The last number that an item stands for; its own where it is of another form, which is refused when its turn comes. */
export const lastNumberOf = (item: Item): number => {
  const through = throughOf(item)
  return typeof through === 'number' ? through : item.sequence
}

/** What of a gap is not here yet; anything else is one number, and the next one. */
export const notYet = (item: Item, through: number, next: number): Item =>
  item.kind === 'gap' && item.sequence < next
    ? { ...item, sequence: next, bytes: encodeBody(gapItem, { count: through - next + 1 }) }
    : item
