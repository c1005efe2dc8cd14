/** Waits until a read model stands at a position, whichever process moves it. */
import type { Clock } from '../ports/clock.js'
import type { Position } from '../ports/position.js'

export type Moving = {
  readonly clock: Clock
  readonly stands: () => Promise<Position>
  /** Whether it is this process that moves it, and tells of it. */
  readonly isOurs: () => boolean
  /** Whether this process ends: what was not reached by now will not be, and nobody waits out the time for it. */
  readonly isEnding: () => boolean
  /** Told of the end as well. */
  readonly onAdvance: (listener: () => void) => () => void
}

/** How often a process that does not move it looks where it stands. */
const pollMs = 20

/** False when `timeoutMs` passed first, or this process ended. */
export const reached = async (moving: Moving, position: Position, timeoutMs: number): Promise<boolean> => {
  const { clock, stands, isOurs, isEnding, onAdvance } = moving
  const deadline = clock.now() + timeoutMs
  const waiting = new AbortController()
  const over = clock.sleep(timeoutMs, waiting.signal)
  // One listener for as long as it takes: under load a read model advances a hundred times a second.
  let wake = (): void => undefined
  const stopListening = onAdvance(() => {
    wake()
  })
  try {
    for (;;) {
      const advanced = new Promise<void>((resolve) => {
        wake = resolve
      })
      if ((await stands()) >= position) return true
      if (clock.now() >= deadline || isEnding()) return false
      await Promise.race([advanced, isOurs() ? over : clock.sleep(pollMs, waiting.signal)])
    }
  } finally {
    stopListening()
    waiting.abort()
  }
}
