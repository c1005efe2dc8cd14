/** Gaps stand for several numbers, and a follower may have the first of what they stand for: the answer that said so was lost. */
import { bodyBytes, gapBody, readBody } from '../body.js'
import type { Item } from '../item.js'

/** The last number that an item stands for. */
export const throughOf = ({ kind, bytes, sequence }: Item): number =>
  kind === 'gap' ? Math.max(sequence, readBody(gapBody, bytes)?.toSequence ?? sequence) : sequence

/** What of a gap is not here yet; anything else is one number, and the next one. */
export const notYet = (item: Item, through: number, next: number): Item =>
  item.kind === 'gap' && item.sequence < next
    ? { ...item, sequence: next, bytes: bodyBytes({ toSequence: through, count: through - next + 1 }) }
    : item
