/** Small documents beside the log: a stream each, whose events' type no follower is shown. */
import { randomUUID } from 'node:crypto'
import type { Json } from '../../events/form/json.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { noteText } from '../serializedEvent.js'
import type { BatchAppend } from './append/batchAppend.js'
import { jsonOf } from './reading/recordedEvent.js'
import type { Reads } from './reading/reads.js'
import type { Retrying } from './connection/retrying.js'

export type NotesTools = { readonly batchAppend: BatchAppend; readonly reads: Reads; readonly retrying: Retrying }

const pageNotes = 100
/** Not a name of the store's own, `$…`: those only an administrator may write. */
const streamOf = (name: string): string => `homeserver-${name}`
/** Of the store's own, as far as readers see: passed over, and no other application's. */
const type = '$note'

/** A retry stands there once: its place is expected. */
export const note = async (
  { batchAppend, reads, retrying }: NotesTools,
  name: string,
  document: Json,
): Promise<void> => {
  const event = { id: randomUUID(), type, data: noteText(document), meta: '' }
  const stream = streamOf(name)
  const last = await retrying.within(() => reads.last(stream))
  const expected = last === undefined ? 'none' : last.revision
  const answer = await retrying.within(() => batchAppend.send({ stream, events: [event], expected, content: 'json' }))
  if (answer.status === 'wrongRevision') throw new StoreUnavailable(`noting ${name}: somebody else does too`)
}

export const notes = async ({ reads, retrying }: NotesTools, name: string): Promise<readonly Json[]> => {
  const found: Json[] = []
  for (;;) {
    const page = await retrying.within(() => reads.stream(streamOf(name), found.length, pageNotes))
    found.push(...page.map(({ data }) => jsonOf(data) ?? null))
    if (page.length < pageNotes) return found
  }
}
