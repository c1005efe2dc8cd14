/** Frames in, one after another: an open is done before what follows it is looked at; too many waiting stop the reading. */

export type FramesInTurn<Frame> = {
  /** Works off one frame. Must not throw. */
  readonly take: (frame: Frame) => Promise<void>
  /** Stops and goes on reading what the client sends. */
  readonly pause: (paused: boolean) => void
}

/** Frames read but not worked off before reading pauses. */
export const framesWaitingMax = 1_024

/** Takes a frame into the line; the first is worked off at once. */
export const framesInTurn = <Frame>({ take, pause }: FramesInTurn<Frame>): ((frame: Frame) => void) => {
  const waiting: Frame[] = []
  let working = false

  const work = async (): Promise<void> => {
    working = true
    for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) {
      await take(frame)
      if (waiting.length === framesWaitingMax - 1) pause(false)
    }
    working = false
  }

  return (frame) => {
    waiting.push(frame)
    if (waiting.length === framesWaitingMax) pause(true)
    if (!working) void work()
  }
}
