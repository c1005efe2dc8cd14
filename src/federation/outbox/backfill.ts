/** What a follower was sent of a group, from a number on: made again of the log, counted on from the last mark at or before it. */
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Item } from '../item.js'
import { contentOf } from './turn/content.js'
import type { ContentDependencies } from './turn/content.js'
import { entriesAfter } from './entriesAfter.js'
import type { EntriesDependencies, FoundEntry } from './entriesAfter.js'
import { numbered } from './numbering.js'
import type { Gap, Numbered } from './numbering.js'
import type { ItemRow } from './schema.js'
import type { OutboxView } from './view.js'

export type BackfillDependencies = ContentDependencies &
  EntriesDependencies & { readonly view: Pick<OutboxView, 'countedFrom'> }
/** `upTo`: the number of the first item that it is not sent yet. */
export type Wanted = { readonly peer: Domain; readonly group: GroupId; readonly from: number; readonly upTo: number }

const itemsMax = 200
const bytesMax = 1024 * 1024

/** At least one. Undefined where the log or the blobs no longer have what is due: then nobody can have it any more. */
export const backfill = async (deps: BackfillDependencies, wanted: Wanted): Promise<readonly Item[] | undefined> => {
  const { peer, group, from, upTo } = wanted
  const counting = await deps.view.countedFrom({ peer, group, from, items: itemsMax })
  if (counting === undefined) return undefined
  const { anchor, isLast, gaps } = counting
  const max = from - anchor.sequence + itemsMax
  const entries = await entriesAfter(deps, { peer, group }, anchor, { max, isLast, gaps })
  if (entries === undefined) return undefined
  const items: Item[] = []
  let bytes = 0
  for (const one of numbered(anchor, entries, gaps).items) {
    const { sequence, through } = one.numbers
    if (through < from) continue
    if (sequence >= upTo || items.length === itemsMax) break
    const item = await contentOf(deps, rowOf(wanted, one))
    bytes += item?.bytes.length ?? 0
    if (item === undefined || (items.length > 0 && bytes > bytesMax)) break
    items.push(item)
  }
  return items.length === 0 ? undefined : items
}

/** As the outbox would have it. */
const rowOf = ({ peer, group, from }: Wanted, { one, numbers }: Numbered<FoundEntry | Gap>): ItemRow => {
  const { sequence, through, groupRevision, messagesRevision } = numbers
  const counted = { peer, group, sequence, through, groupRevision, messagesRevision, bytes: 0 }
  return 'event' in one
    ? { ...counted, kind: one.kind, revision: one.revision, position: one.position, event: one.event, at: one.at }
    : {
        // Who has the first of what a gap stands for is told of the others.
        ...{ ...counted, sequence: Math.max(sequence, from) },
        ...{ kind: 'gap', revision: one.messagesRevision, position: 0, at: 0 },
      }
}
