/** How far a long command is, on stderr: on a terminal one line that is written over, elsewhere a plain line now and then. */

/** How much is done of how much there is, in the same unit. */
export type Part = { readonly done: number; readonly of: number }

export type Progress = {
  /** `part`: where it is known how much there is: drawn as a bar. */
  readonly say: (what: string, part?: Part) => void
  /** Takes the line away. */
  readonly end: () => void
}

/** For whoever reads what a program prints: nothing beside it. */
export const noProgress: Progress = { say: () => undefined, end: () => undefined }

const everyMs = 100
const columnsMin = 20
/** Where nobody watches: what is over by then says nothing. */
const lineMs = 10_000

type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>

/** `now` in ms. */
export const progressOn = (stream: Stream, now: () => number): Progress =>
  stream.isTTY ? onTerminal(stream, now) : inLines(stream, now)

const onTerminal = (stream: Stream, now: () => number): Progress => {
  let saidAt = -Infinity
  let written = false
  return {
    say: (what, part) => {
      if (now() - saidAt < everyMs) return
      saidAt = now()
      written = true
      const line = part === undefined ? what : `${barOf(part)} ${what}`
      stream.write(`\r\u001b[K${line.slice(0, Math.max(columnsMin, stream.columns) - 1)}`)
    },
    end: () => {
      if (written) stream.write('\r\u001b[K')
      written = false
      saidAt = -Infinity
    },
  }
}

const inLines = (stream: Stream, now: () => number): Progress => {
  let saidAt = now()
  return {
    say: (what, part) => {
      if (now() - saidAt < lineMs) return
      saidAt = now()
      stream.write(`${part === undefined ? what : `${what}: ${percentOf(part)} %`}\n`)
    },
    end: () => {
      saidAt = now()
    },
  }
}

const barChars = 20

/** `[##########----------]  50 %`. */
const barOf = (part: Part): string => {
  const percent = percentOf(part)
  const full = Math.floor((percent / 100) * barChars)
  return `[${'#'.repeat(full)}${'-'.repeat(barChars - full)}] ${String(percent).padStart(3)} %`
}

/** Never 100 before the end, and never more. */
const percentOf = ({ done, of }: Part): number =>
  of <= 0 || done >= of ? 100 : Math.max(0, Math.floor((done / of) * 100))
