/** How far a long command is, for somebody who watches: one line on a terminal, written over. Elsewhere nothing. */

export type Progress = {
  readonly say: (what: string) => void
  /** Takes the line away. */
  readonly end: () => void
}

const everyMs = 100
const columnsMin = 20

export const progressOn = (
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>,
  now: () => number,
): Progress => {
  let saidAt = -Infinity
  let written = false
  return {
    say: (what) => {
      if (!stream.isTTY || now() - saidAt < everyMs) return
      saidAt = now()
      written = true
      stream.write(`\r\u001b[K${what.slice(0, Math.max(columnsMin, stream.columns) - 1)}`)
    },
    end: () => {
      if (written) stream.write('\r\u001b[K')
      written = false
      saidAt = -Infinity
    },
  }
}
