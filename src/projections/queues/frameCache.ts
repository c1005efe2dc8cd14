/**
 * Ready frames by position, in memory and bounded: members that drain the same history read each row once. What is kept
 * of a group are runs without a hole: every row above `above` and up to `upTo` is in it.
 */
import type { Position } from '../../ports/position.js'
import type { Frame } from '../../items/frame.js'

export type FrameSource = {
  readonly name: string
  /** Frames above a position and at most at another, oldest first, at most `limit`. */
  readonly read: (after: Position, upTo: Position, limit: number) => Promise<readonly Frame[]>
}

export type FrameCache = {
  /** As the source reads it; `checkpoint`: up to where its rows are complete and will not change. */
  read(source: FrameSource, after: Position, checkpoint: Position, limit: number): Promise<readonly Frame[]>
  bytes(): number
}

type Run = {
  readonly above: Position
  upTo: Position
  frames: Frame[]
  bytes: number
  reading: Promise<void> | undefined
}

/** About what a frame costs beside its bytes. */
const overheadBytes = 200
const runsPerSourceMax = 4

export const frameCache = (bytesMax: number): FrameCache => {
  /** Least recently used source first. */
  const sources = new Map<string, Run[]>()
  let total = 0

  const forget = (run: Run): void => {
    total -= run.bytes
    run.bytes = 0
  }

  const runFor = (name: string, after: Position): Run => {
    const runs = sources.get(name) ?? []
    sources.delete(name)
    sources.set(name, runs)
    const found = runs.find((run) => run.above <= after && after <= run.upTo)
    if (found !== undefined) return found
    const run: Run = { above: after, upTo: after, frames: [], bytes: 0, reading: undefined }
    runs.push(run)
    if (runs.length > runsPerSourceMax) {
      const oldest = runs.shift()
      if (oldest !== undefined) forget(oldest)
    }
    return run
  }

  const trim = (): void => {
    for (const [name, runs] of sources) {
      if (total <= bytesMax) return
      runs.forEach(forget)
      sources.delete(name)
    }
  }

  const extend = async (run: Run, source: FrameSource, checkpoint: Position, limit: number): Promise<void> => {
    const read = await source.read(run.upTo, checkpoint, limit)
    const last = read.length < limit ? checkpoint : (read.at(-1)?.position ?? checkpoint)
    run.frames.push(...read)
    run.upTo = last
    const bytes = read.reduce((sum, frame) => sum + frame.bytes.length + overheadBytes, 0)
    if (sources.get(source.name)?.includes(run) !== true) return
    run.bytes += bytes
    total += bytes
    trim()
  }

  const read: FrameCache['read'] = async (source, after, checkpoint, limit) => {
    const run = runFor(source.name, after)
    for (;;) {
      const from = firstAbove(run.frames, after)
      if (run.upTo >= checkpoint || run.frames.length - from >= limit) {
        const page = run.frames.slice(from, from + limit)
        return (page.at(-1)?.position ?? checkpoint) > checkpoint ? page.slice(0, firstAbove(page, checkpoint)) : page
      }
      run.reading ??= extend(run, source, checkpoint, limit).finally(() => {
        run.reading = undefined
      })
      await run.reading
    }
  }

  return { read, bytes: () => total }
}

/** The index of the first frame above a position. */
const firstAbove = (frames: readonly Frame[], position: Position): number => {
  let low = 0
  let high = frames.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((frames[middle]?.position ?? Infinity) > position) high = middle
    else low = middle + 1
  }
  return low
}
