/** What `notify` carries between servers that know items: kind, ids and content, each content with its length in front. */
import { readOpaque, readVector } from '../../mls/bytes/reader.js'
import { writeOpaque, writeVector } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { codeOf } from './code.js'
import { oneAfterAnother } from './fanout.js'
import { eventsMax } from './limits.js'
import { eventId } from './text.js'

const kind = codeOf('itemKind', { join: 1, commit: 2, proposal: 3, message: 4, notice: 5, gap: 6 })
export type ItemKind = ReturnType<typeof kind.read>

export type SequencedItem = {
  readonly kind: ItemKind
  /** The ids that its facts have at the hub. */
  readonly events: readonly string[]
  /** By its kind: itemContents.ts. */
  readonly content: Uint8Array
}

const sequencedItem: Codec<SequencedItem> = {
  read: (reader) => ({
    kind: kind.read(reader),
    events: readVector(reader, eventId.read, eventsMax),
    content: readOpaque(reader),
  }),
  write: (writer, item) => {
    kind.write(writer, item.kind)
    writeVector(writer, item.events, eventId.write)
    writeOpaque(writer, item.content)
  },
}

export const sequencedItems = oneAfterAnother(sequencedItem)
