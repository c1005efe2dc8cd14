/**
 * A bound on calls that are open at once. A connection carries 100, and every call past that hangs without a word; one
 * goes to the subscription and one to the appends.
 */
import { untilWoken } from '../../../ports/abort.js'
import { StoreUnavailable } from '../../../ports/eventStore.js'
import { Refused } from './refused.js'

const readsOpenMax = 64
/** Reads that wait for a slot; more than that is a store that does not answer. */
const readsWaitingMax = 10_000

export type CallSlots = <Result>(signal: AbortSignal, call: () => Promise<Result>) => Promise<Result>

export const createCallSlots = (openMax: number = readsOpenMax): CallSlots => {
  const waiting = new Set<() => void>()
  let open = 0

  /** Resolves with a slot in hand, or without one once `signal` aborts. */
  const turn = (signal: AbortSignal): Promise<void> =>
    untilWoken(signal, (wake) => {
      waiting.add(wake)
      return () => waiting.delete(wake)
    })

  return async (signal, call) => {
    if (open >= openMax && waiting.size >= readsWaitingMax) throw new Refused('too many reads are waiting')
    while (open >= openMax && !signal.aborted) await turn(signal)
    if (signal.aborted) throw new StoreUnavailable('no call was free in time')
    open++
    try {
      return await call()
    } finally {
      open--
      waiting.values().next().value?.()
    }
  }
}
