/** A follower's place at the live tail: a bounded buffer that overflows rather than grow or hold up the others. */
import { untilWoken } from '../../../ports/abort.js'
import type { StoredEvent } from '../../../ports/eventStore.js'

export type Seat = {
  /**
   * The events that came since the last take, at least one, waiting for it; undefined when some were missed or the tail
   * is closed, and once `signal` aborts.
   */
  take(signal: AbortSignal): Promise<readonly StoredEvent[] | undefined>
  leave(): void
}
export type Offered = { readonly event: StoredEvent; readonly bytes: number }
export type Offer = (run: readonly Offered[]) => void
type Taken = { readonly seat: Seat; readonly offer: Offer; readonly close: () => void }

export type SeatLimits = { readonly bufferedEvents: number; readonly bufferedBytes: number }
export const defaultSeatLimits: SeatLimits = { bufferedEvents: 4_096, bufferedBytes: 16 * 1024 * 1024 }

export const createSeat = ({ bufferedEvents, bufferedBytes }: SeatLimits, onLeave: () => void): Taken => {
  let buffer: StoredEvent[] = []
  let bytes = 0
  let missed = false
  let wake = (): void => undefined

  const miss = (): void => {
    missed = true
    buffer = []
    onLeave()
    wake()
  }

  const offer: Offer = (run) => {
    for (const offered of run) {
      buffer.push(offered.event)
      bytes += offered.bytes
    }
    if (buffer.length > bufferedEvents || bytes > bufferedBytes) miss()
    else wake()
  }

  const woken = (signal: AbortSignal): Promise<void> =>
    untilWoken(signal, (rouse) => {
      wake = rouse
      return () => {
        wake = () => undefined
      }
    })

  const take = async (signal: AbortSignal): Promise<readonly StoredEvent[] | undefined> => {
    while (buffer.length === 0 && !missed && !signal.aborted) await woken(signal)
    if (missed || signal.aborted) return undefined
    const taken = buffer
    buffer = []
    bytes = 0
    return taken
  }

  return { seat: { take, leave: onLeave }, offer, close: miss }
}
