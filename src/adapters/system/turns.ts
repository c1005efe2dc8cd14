/** Turns of the event loop, for long work that is to hold up nobody. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Of a send or a fetch there are a handful, one after another: each waits so long at most for what is done beside it. */
const besideOthersMs = 0.5
/** Reads of a file are synchronous, and somebody waits for each: some hundred of them go together. */
const readsMs = 3

/** To be awaited often: who awaits it goes on in another turn once all of them together have had `holdMs` of this one. */
export const givingTurns = (holdMs: number): (() => Promise<void>) => {
  let began: number | undefined
  return async () => {
    if (began === undefined) {
      began = performance.now()
      setImmediate(() => {
        began = undefined
      })
    } else if (performance.now() - began >= holdMs) await nextTurn()
  }
}

/** Of all the long work of this thread: it has one event loop. */
export const besideOthers = givingTurns(besideOthersMs)
/** Of all that is read for somebody. */
export const amongReads = givingTurns(readsMs)
