/** A timer of our own around each call of a driver: what it does itself about a server that went silent takes too long. */
import { StoreUnavailable } from '../ports/eventStore.js'

export type AnswerInTime = {
  readonly timeoutMs: number
  /** Who should answer, for the message. */
  readonly who: string
  /** What the driver throws, as the ports name it. */
  readonly storeError: (error: unknown) => unknown
}

/** Rejects with what `storeError` makes of a failure, or of a StoreUnavailable after `timeoutMs`; then the signal aborts. */
export const answerInTime = async <T>(
  { timeoutMs, who, storeError }: AnswerInTime,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const timeout = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new StoreUnavailable(`${who} did not answer within ${timeoutMs} ms`))
      timeout.abort()
    }, timeoutMs)
  })
  try {
    return await Promise.race([work(timeout.signal), late])
  } catch (error) {
    throw storeError(error)
  } finally {
    clearTimeout(timer)
  }
}
