/** Items for one recipient: they wait until whoever reads them has acknowledged them. */
import type { ItemToShow, Recipient } from '../../items/audience.js'
import type { Position } from '../../ports/position.js'
import type { Rows } from '../projection.js'
import { number } from './schema.js'

/** `seq`: its place among the items of one event. */
export const addOwnItem = async (
  recipient: Recipient,
  { item, digest }: ItemToShow,
  { position, seq }: { readonly position: Position; readonly seq: number },
  rows: Rows,
): Promise<void> => {
  const found = digest === undefined ? {} : { digest }
  rows.put('own', { address: recipient, position, seq, item: JSON.stringify(item), ...found })
  const stored = await rows.get('queues', [recipient])
  if (stored !== undefined && stored['firstOwn'] === 0) rows.put('queues', { ...stored, firstOwn: position })
}

const pageRows = 500

/** Drops a recipient's items up to a position (default: all); answers the position of the oldest one left, or 0. */
export const dropOwn = async (recipient: string, upTo: number | undefined, rows: Rows): Promise<number> => {
  const bound = upTo === undefined ? {} : { upTo: [upTo] }
  for (;;) {
    const page = await rows.range({ table: 'own', index: 'key', prefix: [recipient], ...bound, limit: pageRows })
    for (const row of page) rows.remove('own', [recipient, number(row, 'position'), number(row, 'seq')])
    if (page.length < pageRows) break
  }
  const [oldest] = await rows.range({ table: 'own', index: 'key', prefix: [recipient], limit: 1 })
  return oldest === undefined ? 0 : number(oldest, 'position')
}
