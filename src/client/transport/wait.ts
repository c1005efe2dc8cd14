/** Waiting that an AbortSignal ends, and how long to wait before the next try. */

/** Rejects with the signal's reason when it aborts first. */
export const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(reasonOf(signal))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

/** What the promise answers, unless the signal aborts first; what was begun goes on. */
export const within = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(reasonOf(signal))
    }
    const done = (): void => {
      signal.removeEventListener('abort', stop)
    }
    promise.finally(done).then(resolve, reject)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

export const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error('stopped')

const firstMs = 100
const longestMs = 10_000

/** Doubles from 100 ms to 10 s, each with half of it left to chance: clients that lost one server do not return as one. */
export const backoffMs = (attempt: number): number => {
  const ms = Math.min(firstMs * 2 ** attempt, longestMs)
  return ms / 2 + (Math.random() * ms) / 2
}
