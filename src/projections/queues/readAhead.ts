/** One source of a queue's items, read ahead a little at a time, so that many can be merged by position. */
import type { Position } from '../../ports/position.js'
import type { Frame } from '../../items/frame.js'

export type ReadAhead = {
  /** The oldest frame not taken yet; undefined when there is none up to the checkpoint. */
  head(): Frame | undefined
  take(): void
  /** Must be awaited whenever `head` may have run out: before the first look, and after each take. */
  fill(): Promise<void> | undefined
}

export type ReadAheadOptions = {
  readonly after: Position
  /** Nothing above it is shown: the checkpoint, or where the membership ended. */
  readonly upTo: Position
  readonly chunk: number
  readonly read: (after: Position, limit: number) => Promise<readonly Frame[]>
  readonly visible: (frame: Frame) => boolean
}

export const makeReadAhead = ({ after, upTo, chunk, read, visible }: ReadAheadOptions): ReadAhead => {
  let frames: readonly Frame[] = []
  let at = 0
  let above = after
  let exhausted = after >= upTo

  const more = async (): Promise<void> => {
    while (at >= frames.length && !exhausted) {
      const page = await read(above, chunk)
      const last = page.at(-1)?.position ?? upTo
      exhausted = page.length < chunk || last >= upTo
      above = last
      frames = page.filter((frame) => frame.position <= upTo && visible(frame))
      at = 0
    }
  }

  return {
    head: () => frames[at],
    take: () => {
      at++
    },
    fill: () => (at < frames.length || exhausted ? undefined : more()),
  }
}

export type Merged = {
  readonly frames: readonly Frame[]
  /** The page ended at its limit: there may be more above the last frame. */
  readonly full: boolean
}

/** By position, sources in the order given where they share one; a page never splits a position. */
export const mergeByPosition = async (
  sources: readonly ReadAhead[],
  limits: { readonly frames: number; readonly bytes: number },
): Promise<Merged> => {
  await Promise.all(sources.flatMap((source) => source.fill() ?? []))
  const frames: Frame[] = []
  let bytes = 0
  let last: Position | undefined
  for (;;) {
    const source = lowest(sources)
    const frame = source?.head()
    if (source === undefined || frame === undefined) return { frames, full: false }
    const full = frames.length >= limits.frames || bytes >= limits.bytes
    if (full && frame.position !== last) return { frames, full: true }
    frames.push(frame)
    bytes += frame.bytes.length
    last = frame.position
    source.take()
    const filling = source.fill()
    if (filling !== undefined) await filling
  }
}

const lowest = (sources: readonly ReadAhead[]): ReadAhead | undefined => {
  let best: ReadAhead | undefined
  let bestAt = Infinity
  for (const source of sources) {
    const at = source.head()?.position ?? Infinity
    if (at < bestAt) {
      best = source
      bestAt = at
    }
  }
  return best
}
