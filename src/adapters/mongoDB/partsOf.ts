/** A batch too large for one document, cut into parts that are not. */
import type { RowChange } from './rows.js'

/** Bytes of changes in one document, far enough below the 16 MiB that kill a message inside the client. */
const partBytesMax = 6 * 1024 * 1024

/**
 * The changes in runs that fit into a document each; a row larger than a part has one of its own. Throws RangeError on one
 * that no document can hold: a bug of its projection.
 */
export const partsOf = (changes: readonly RowChange[]): readonly (readonly RowChange[])[] => {
  const parts: RowChange[][] = []
  let room = 0
  for (const change of changes) {
    const bytes = sizeOf(change)
    if (bytes > 2 * partBytesMax)
      throw new RangeError(`a row of ${change.table} is too large for MongoDB: ${bytes} bytes`)
    if (bytes > room) {
      parts.push([])
      room = partBytesMax
    }
    parts.at(-1)?.push(change)
    room -= bytes
  }
  return parts
}

/** At least its size in BSON; a UTF-16 unit is at most three bytes of UTF-8. */
const sizeOf = ({ _id, row, by }: RowChange): number =>
  200 +
  byteLength(_id) +
  byteLength(row) +
  Object.values(by ?? {}).reduce((sum, entry) => sum + byteLength(entry) + 50, 0)

const byteLength = (text: string | undefined): number => (text === undefined ? 0 : Buffer.byteLength(text))
