/** The end of a long file, read from its end. */
import { open } from 'node:fs/promises'

const pieceBytes = 256 * 1024
const lineEnd = 10

/** Its last lines, in their order, at most `max` of them. */
export const lastLines = async (path: string, max: number, atOnce = pieceBytes): Promise<readonly string[]> => {
  const file = await open(path)
  try {
    const pieces: Buffer[] = []
    let at = (await file.stat()).size
    // The line before those that are wanted ends where they begin.
    for (let ends = 0; at > 0 && ends <= max;) {
      const piece = Buffer.alloc(Math.min(atOnce, at))
      at -= piece.length
      await file.read(piece, 0, piece.length, at)
      pieces.unshift(piece)
      for (const byte of piece) if (byte === lineEnd) ends++
    }
    const lines = Buffer.concat(pieces).toString('utf8').split('\n')
    return lines.slice(0, lines.at(-1) === '' ? -1 : undefined).slice(-max)
  } finally {
    await file.close()
  }
}
