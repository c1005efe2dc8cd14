/** Hearing of an abort, one that has already happened too: an event that is over is never told again. */

/** Calls `stop` once the signal aborts, at once when it has; answers how to stop listening. */
export const onAbort = (signal: AbortSignal, stop: () => void): (() => void) => {
  if (signal.aborted) {
    stop()
    return () => undefined
  }
  signal.addEventListener('abort', stop, { once: true })
  return () => {
    signal.removeEventListener('abort', stop)
  }
}

/** A run at whose end `ending` aborts too: what it has under way may never end by itself. */
export const abortingToo =
  (ending: AbortController, run: (signal: AbortSignal) => Promise<void>) =>
  async (signal: AbortSignal): Promise<void> => {
    const unlisten = onAbort(signal, () => {
      ending.abort()
    })
    await run(signal)
    unlisten()
  }

/**
 * Resolves when what `arm` was given is called, or the signal aborts (at once when it has: nothing is armed then).
 * `arm` answers how to disarm, and calls nothing before it returns.
 */
export const untilWoken = (signal: AbortSignal, arm: (wake: () => void) => () => void): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const wake = (): void => {
      signal.removeEventListener('abort', wake)
      disarm()
      resolve()
    }
    const disarm = arm(wake)
    signal.addEventListener('abort', wake, { once: true })
  })

export const untilAborted = (signal: AbortSignal): Promise<void> => untilWoken(signal, () => () => undefined)
