/** Turns of the event loop, for long work that is to hold up nobody. */
import { setImmediate } from 'node:timers/promises'

/** To be awaited often: everybody else has a turn once `holdMs` went by since the last one. */
export const givingTurns = (holdMs: number): (() => Promise<void>) => {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < holdMs) return
    await setImmediate()
    since = performance.now()
  }
}

/** Of a send or a fetch there are a handful, one after another: each waits so long at most for what is done beside it. */
export const besideOthersMs = 0.5
