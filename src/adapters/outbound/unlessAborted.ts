/** Waits for something as long as a signal lets it: what is left of it then is nobody's. */
import { onAbort } from '../../ports/abort.js'

/** Throws the signal's reason. */
export const unlessAborted = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('stopped', { cause: signal.reason }))
    })
    const settle =
      <Value>(how: (value: Value) => void) =>
      (value: Value): void => {
        stopListening()
        how(value)
      }
    work.then(settle(resolve), settle(reject))
  })
