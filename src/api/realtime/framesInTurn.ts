/**
 * Frames in, one after another: an open is done before what follows it is looked at, others have their turn between
 * some of them, and too many waiting, or too much, stop the reading.
 */
import { setImmediate } from 'node:timers/promises'

export type FramesInTurnOptions<Frame> = {
  /** Works off one frame. Must not throw. */
  readonly take: (frame: Frame) => Promise<void>
  readonly bytesOf: (frame: Frame) => number
  /** Stops and goes on reading what the client sends. */
  readonly pause: (paused: boolean) => void
}

export type FramesInTurn<Frame> = {
  /** Takes a frame into the line; the first is worked off at once. */
  readonly add: (frame: Frame) => void
  /** Lets go of those that wait. */
  readonly clear: () => void
}

/** Frames read but not worked off before reading pauses, and their bytes. */
export const framesWaitingMax = 1_024
export const bytesWaitingMax = 1024 * 1024

/** Frames worked off in one turn of the event loop, and their bytes. */
export const framesInOneTurn = 64
export const bytesInOneTurn = 256 * 1024

export const framesInTurn = <Frame>({ take, bytesOf, pause }: FramesInTurnOptions<Frame>): FramesInTurn<Frame> => {
  const waiting: Frame[] = []
  let bytesWaiting = 0
  let working = false
  let paused = false

  const judge = (): void => {
    const full = waiting.length >= framesWaitingMax || bytesWaiting >= bytesWaitingMax
    if (full === paused) return
    paused = full
    pause(full)
  }

  const next = (): Frame | undefined => {
    const frame = waiting.shift()
    if (frame !== undefined) bytesWaiting -= bytesOf(frame)
    return frame
  }

  const work = async (): Promise<void> => {
    working = true
    let [frames, bytes] = [0, 0]
    for (let frame = next(); frame !== undefined; frame = next()) {
      frames++
      bytes += bytesOf(frame)
      await take(frame)
      judge()
      if (waiting.length > 0 && (frames >= framesInOneTurn || bytes >= bytesInOneTurn)) {
        await setImmediate()
        frames = bytes = 0
      }
    }
    working = false
  }

  return {
    add: (frame) => {
      waiting.push(frame)
      bytesWaiting += bytesOf(frame)
      if (!working) void work()
      judge()
    },
    clear: () => {
      waiting.length = 0
      bytesWaiting = 0
    },
  }
}
