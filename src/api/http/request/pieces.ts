/** A long body in pieces, each worked off in a turn of its own. */

/** A body up to this size is read, checked and hashed in one go. */
export const pieceBytes = 256 * 1024

export const isLong = (bytes: Uint8Array): boolean => bytes.length > pieceBytes

/** Views, not copies. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}
