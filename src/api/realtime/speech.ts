/** What the server says on a websocket: frames of one turn of the event loop leave together, and who never reads is left. */
import type { Rejection } from '../../streams/rejection.js'
import { problemOf } from '../http/problems.js'
import type { FrameWriter } from './frameWriter.js'
import type { ServerFrame } from './websocketFrames.js'

export type Speech = {
  readonly say: (frame: ServerFrame) => void
  /** Says what was wrong with a frame, under its id where it has one. */
  readonly complain: (rejection: Rejection, id?: string) => void
}

export type SpeechOptions = {
  readonly requestId: string
  readonly unsentBytesMax: number
  /** More than that is unsent after a turn. */
  readonly tooSlow: () => void
}

export const makeSpeech = (writer: FrameWriter, { requestId, unsentBytesMax, tooSlow }: SpeechOptions): Speech => {
  let flushing = false

  const flush = (): void => {
    flushing = false
    writer.flush()
    if (writer.unsentBytes() > unsentBytesMax) tooSlow()
  }

  const say = (frame: ServerFrame): void => {
    writer.frame(Buffer.from(JSON.stringify(frame)))
    if (flushing) return
    flushing = true
    setImmediate(flush)
  }

  return {
    say,
    complain: (rejection, id) => {
      const problem = problemOf(rejection, requestId)
      say(id === undefined ? { type: 'error', problem } : { type: 'refused', id, problem })
    },
  }
}
