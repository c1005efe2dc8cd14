/** What of a group's rows goes into one request: made of the log, where messages that follow on each other are read together. */
import { messagesStream } from '../../../events/messages.js'
import type { GroupId } from '../../../mls/wire/ids.js'
import type { StoredEvent } from '../../../ports/eventStore.js'
import type { Item } from '../../item.js'
import { contentOf, messageItemOf } from './content.js'
import type { ContentDependencies } from './content.js'
import type { ItemRow } from '../schema.js'
import type { OutboxView } from '../view.js'

const batchItemsMax = 200
const batchBytesMax = 1024 * 1024

/** `items`: of the first of the rows; none where the log has no more what the first is made of. */
export type Batch = { readonly rows: readonly ItemRow[]; readonly items: readonly Item[] }

type From = { readonly peer: string; readonly group: string; readonly from: number }

export const batchFrom = async (
  deps: ContentDependencies & { readonly view: Pick<OutboxView, 'items'> },
  { peer, group, from }: From,
): Promise<Batch> => {
  const rows = await deps.view.items(peer, group, from, batchItemsMax)
  return { rows, items: await batchOf(deps, rows) }
}

/** Whether what follows on it is to be sent at once, and need not wait for more. */
export const isFull = ({ rows, items }: Batch): boolean =>
  items.length > 0 && (rows.length === batchItemsMax || items.length < rows.length)

/** The number behind its last item. */
export const nextAfter = ({ rows, items }: Batch): number => (rows[items.length - 1]?.through ?? -1) + 1

/** Those that there are, up to the first that is not; one at least is tried, however large. */
export const batchOf = async (deps: ContentDependencies, rows: readonly ItemRow[]): Promise<readonly Item[]> => {
  const items: Item[] = []
  let bytes = 0
  for (let at = 0; at < rows.length && bytes < batchBytesMax;) {
    const run = messagesFrom(rows, at, batchBytesMax - bytes)
    const made = run.length > 1 ? await messagesOf(deps, run) : await oneOf(deps, rows[at])
    for (const item of made) {
      bytes += item.bytes.length
      if (items.length > 0 && bytes > batchBytesMax) return items
      items.push(item)
    }
    at += Math.max(1, run.length)
    if (made.length < Math.max(1, run.length)) return items
  }
  return items
}

const oneOf = async (deps: ContentDependencies, row: ItemRow | undefined): Promise<readonly Item[]> => {
  const item = row === undefined ? undefined : await contentOf(deps, row)
  return item === undefined ? [] : [item]
}

/** Messages one after another in their stream, about as many as there is room for. */
const messagesFrom = (rows: readonly ItemRow[], from: number, room: number): readonly ItemRow[] => {
  const first = rows[from]
  const run: ItemRow[] = []
  let bytes = 0
  for (let at = from; at < rows.length; at++) {
    const row = rows[at]
    if (first === undefined || row?.kind !== 'message' || row.revision !== first.revision + run.length) break
    bytes += row.bytes
    if (run.length > 0 && bytes > room) break
    run.push(row)
  }
  return run
}

const messagesOf = async ({ events }: ContentDependencies, run: readonly ItemRow[]): Promise<readonly Item[]> => {
  const [first] = run
  if (first === undefined) return []
  const stream = messagesStream(first.group as GroupId)
  const found = await events.readStream(stream, { from: first.revision, limit: run.length })
  const byRevision = new Map<number, StoredEvent>(found.map((stored) => [stored.revision, stored]))
  const items: Item[] = []
  for (const row of run) {
    const stored = byRevision.get(row.revision)
    const item = stored?.id === row.event && stored !== undefined ? messageItemOf(row, stored) : undefined
    if (item === undefined) break
    items.push(item)
  }
  return items
}
