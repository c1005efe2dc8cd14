/** Truncation: `$tb` in the stream's metadata, whose other fields are kept. A scavenge then takes the events away. */
import { randomUUID } from 'node:crypto'
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { BatchAppend } from './append/batchAppend.js'
import { jsonOf, type RecordedEvent } from './reading/recordedEvent.js'
import type { Reads } from './reading/reads.js'
import type { Retrying } from './connection/retrying.js'

type Metadata = { readonly $tb?: unknown; readonly [field: string]: unknown }
export type TruncateTools = { readonly batchAppend: BatchAppend; readonly reads: Reads; readonly retrying: Retrying }

/**
 * Events of `stream` below revision `before` are forgotten, never its last one: a stream that does not exist must not
 * begin with events that nobody can read. Two who truncate at once both count: the metadata stream expects its revision.
 */
export const truncate = (
  { batchAppend, reads, retrying }: TruncateTools,
  stream: string,
  before: number,
): Promise<void> =>
  retrying.within(async () => {
    const last = await reads.last(stream)
    if (last === undefined) return
    const wanted = Math.min(before, last.revision)
    const metastream = `$$${stream}`
    const current = await reads.last(metastream)
    const metadata = metadataIn(current)
    if (typeof metadata.$tb === 'number' && metadata.$tb >= wanted) return
    const event = {
      id: randomUUID(),
      type: '$metadata',
      data: JSON.stringify({ ...metadata, $tb: wanted }),
      meta: '',
    }
    const expected = current === undefined ? 'none' : current.revision
    const answer = await batchAppend.send({ stream: metastream, events: [event], expected, content: 'json' })
    if (answer.status === 'wrongRevision') throw new StoreUnavailable(`truncating ${stream}: its metadata moved`)
  })

const metadataIn = (event: RecordedEvent | undefined): Metadata => {
  const read = event === undefined ? undefined : jsonOf(event.data)
  return typeof read === 'object' && read !== null ? (read as Metadata) : {}
}
