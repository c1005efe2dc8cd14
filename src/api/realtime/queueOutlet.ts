/** Frames out: a queue's items as they stand in the log's bytes, wrapped into frames of one websocket. */
import type { Ending, Outlet } from '../../delivery/outlet.js'
import { writeCursor } from '../../items/cursor.js'
import type { QueueId } from '../../mls/wire/ids.js'
import type { FrameWriter } from './frameWriter.js'
import type { ServerFrame } from './websocketFrames.js'

export type QueueOutletOptions = {
  readonly logId: string
  /** Delivery waits until no more than this is unsent. */
  readonly unsentBytesMax: number
  readonly ended: (why: Ending) => void
}

export const queueOutlet = (
  queue: QueueId,
  writer: FrameWriter,
  { logId, unsentBytesMax, ended }: QueueOutletOptions,
): Outlet => {
  // Around the item's own bytes, which are shared by every socket that gets it.
  const before = Buffer.from(`{"type":"item","queue":${JSON.stringify(queue)},"item":`)
  const after = Buffer.from('}')
  const beforeSignal = Buffer.from(`{"type":"signalled","queue":${JSON.stringify(queue)},`)
  return {
    item: ({ bytes }) => {
      writer.frame(before, bytes, after)
    },
    signal: (tail) => {
      writer.frame(beforeSignal, tail)
    },
    queueEmpty: (position) => {
      const frame: ServerFrame = { type: 'queueEmpty', queue, position: writeCursor(logId, position) }
      writer.frame(Buffer.from(JSON.stringify(frame)))
    },
    flush: writer.flush,
    unsentBytes: writer.unsentBytes,
    ready: () => writer.below(unsentBytesMax),
    ended,
  }
}
