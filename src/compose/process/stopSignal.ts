/** When the process is asked to end: by an operator (SIGINT), by what supervises it (SIGTERM), by its terminal going away (SIGHUP). */

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Resolves at the first one; a second one ends the process at once, with 0: what was acknowledged is on disk. */
export const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    let asked = false
    const stop = (): void => {
      if (asked) process.exit(0)
      asked = true
      resolve()
    }
    for (const signal of signals) process.on(signal, stop)
  })
