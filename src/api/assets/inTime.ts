/** A stream that has to come: ended when it is too slow, or when whoever reads it is told to stop. */
import { onAbort } from '../../ports/abort.js'
import type { Limits } from '../../limits/limits.js'
import type { Clock } from '../../ports/clock.js'

export type Pace = Pick<Limits, 'assetStallMsMax' | 'assetBytesPerSecondMin'>

/** It does not come fast enough. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow'
}
/** It ended before it was whole: whoever sent it is gone. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff'
}
/** Whoever reads it was told to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/**
 * What comes, chunk by chunk. Counted is only the time in which it is waited for: what our own store takes is not the
 * sender's fault. Throws TooSlow, Stopped, BrokenOff.
 */
export async function* inTime(
  stream: AsyncIterable<Uint8Array>,
  { assetStallMsMax, assetBytesPerSecondMin }: Pace,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]()
  let [came, waited] = [0, 0]
  let waitingSince: number | undefined
  let ended: Error | undefined
  // One promise a chunk: a race against one that lasts would hold every chunk there was.
  let fail = (_error: Error): void => undefined
  const end = (error: Error): void => {
    ended ??= error
    fail(error)
  }

  const watch = async (over: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(assetStallMsMax, over)
      if (over.aborted) return
      const now = clock.now()
      const waitedMs = waited + (waitingSince === undefined ? 0 : now - waitingSince)
      const wanted = (assetBytesPerSecondMin * waitedMs) / 1_000
      if (waitedMs >= assetStallMsMax / 2 && came < wanted) end(new TooSlow('the bytes come too slowly'))
      ;[came, waited] = [0, 0]
      if (waitingSince !== undefined) waitingSince = now
    }
  }

  const next = (): Promise<IteratorResult<Uint8Array, unknown>> =>
    new Promise((resolve, reject) => {
      fail = reject
      chunks.next().then(resolve, (error: unknown) => {
        reject(new BrokenOff('the bytes broke off', { cause: error }))
      })
    })

  const over = new AbortController()
  const unlisten = onAbort(signal, () => {
    end(new Stopped('another upload took over'))
  })
  void watch(over.signal)
  try {
    while (ended === undefined) {
      waitingSince = clock.now()
      const step = await next()
      waited += clock.now() - waitingSince
      waitingSince = undefined
      if (step.done === true) return
      came += step.value.length
      yield step.value
    }
    throw ended
  } finally {
    over.abort()
    unlisten()
  }
}
