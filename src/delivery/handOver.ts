/** Hands items to the outlets of consumers, each once and in order, and knows when one has enough for now. */
import { spreadPositions } from '../items/frame.js'
import type { Page } from '../projections/queues/page.js'
import type { Consumer } from './consumer.js'
import type { Delivered } from './delivered.js'
import type { Viewer } from './viewer.js'

export type HandOver = {
  /** What the viewer sees of an event, unless the consumer has it. False when it then has more than enough for now. */
  event(consumer: Consumer, viewer: Viewer, delivered: Delivered): boolean
  /** A signal, which waits for nobody: false where the consumer has not taken what it was sent before. */
  signal(consumer: Consumer, tail: Buffer): boolean
  /** A page above the consumer's cursor, and flushes it. */
  page(consumer: Consumer, page: Page): void
  hasEnough(consumer: Consumer): boolean
  /** Items handed over since the start. */
  count(): number
}

/** Of what may be unsent where items go on: so much less that signals never hold an item back. */
const signalsShare = 1 / 16

export const makeHandOver = (options: { readonly logId: string; readonly unsentBytesMax: number }): HandOver => {
  const { logId, unsentBytesMax } = options
  let handed = 0

  const hasEnough = ({ outlet }: Consumer): boolean => outlet.unsentBytes() > unsentBytesMax

  return {
    event: (consumer, viewer, delivered) => {
      const frames = viewer.see(delivered)
      if (delivered.position <= consumer.cursor) return true
      consumer.cursor = delivered.position
      for (const frame of spreadPositions(frames, logId)) consumer.outlet.item(frame)
      handed += frames.length
      return frames.length === 0 || !hasEnough(consumer)
    },
    signal: ({ outlet }, tail) => {
      if (outlet.unsentBytes() > unsentBytesMax * signalsShare) return false
      outlet.signal(tail)
      return true
    },
    page: (consumer, { frames, next }) => {
      for (const frame of frames) consumer.outlet.item(frame)
      handed += frames.length
      consumer.outlet.flush()
      consumer.cursor = next
    },
    hasEnough,
    count: () => handed,
  }
}
