/** Times on the wire: milliseconds since 1970 as uint64, no further than a number goes. */
import { readUint64 } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeUint64 } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'

export const timestamp: Codec<number> = {
  read: (reader) => {
    const time = readUint64(reader)
    return time > BigInt(Number.MAX_SAFE_INTEGER) ? refuse('malformed', 'timestamp') : Number(time)
  },
  write: (writer, time) => {
    writeUint64(writer, BigInt(time))
  },
}
