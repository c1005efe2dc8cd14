/** Keeps the outbox's worker at work: when there is something new, when a peer shows itself, and every second in any case. */
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { untilWoken } from '../../ports/abort.js'
import type { Logger } from '../../ports/logger.js'
import { loudness } from '../../ports/loudness.js'
import { keepNewest } from '../../structures/newest.js'
import type { OutboxWorker } from './worker.js'

export type OutboxRun = {
  readonly run: (signal: AbortSignal) => Promise<void>
  /** A peer showed itself: it is tried at once. Whoever asks all the time is not thereby tried all the time. */
  readonly showed: (peer: Domain) => void
}

export type OutboxRunDependencies = {
  readonly worker: Pick<OutboxWorker, 'due' | 'serve' | 'wake'>
  /** Calls the listener whenever the outbox's rows moved on; answers how to stop. */
  readonly onAdvance: (listener: () => void) => () => void
  readonly clock: Clock
  readonly logger: Logger
}

/** What was heard is to be confirmed, a peer that failed may be due, another process may have died. */
const lookMs = 1_000
const shownOnceInMs = 5_000
const shownMax = 10_000

export const runOutbox = ({ worker, onAdvance, clock, logger }: OutboxRunDependencies): OutboxRun => {
  const shown = keepNewest<Domain, number>(shownMax)
  const underWay = new Map<Domain, Promise<void>>()
  /** How often the rows moved on. */
  let moved = 0
  let rung = false
  let wake = (): void => undefined
  const ring = (): void => {
    rung = true
    wake()
  }
  const failed = (what: string) => (error: unknown) => {
    logger[loudness(error)](what, { error: String(error) })
  }

  /** Peers do not wait for each other: one that is slow is served beside the others. */
  const serve = (peer: Domain): void => {
    if (underWay.has(peer)) return
    const before = moved
    const served = worker.serve(peer).then((next) => {
      // What came while it was served, it may not have seen.
      if (next === 'more' || moved !== before) ring()
    }, failed('a peer was not served, trying again'))
    underWay.set(
      peer,
      served.finally(() => {
        underWay.delete(peer)
      }),
    )
  }

  const woken = async (signal: AbortSignal): Promise<void> => {
    if (rung) return
    const over = new AbortController()
    const look = clock.sleep(lookMs, over.signal).then(() => {
      wake()
    })
    await untilWoken(signal, (call) => {
      wake = call
      return () => {
        wake = () => undefined
      }
    })
    over.abort()
    await look
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    const unlisten = onAdvance(() => {
      moved++
      ring()
    })
    while (!signal.aborted) {
      rung = false
      await worker.due().then((peers) => {
        peers.forEach(serve)
      }, failed('the outbox is not read, trying again'))
      await woken(signal)
    }
    unlisten()
    await Promise.all(underWay.values())
  }

  const showed: OutboxRun['showed'] = (peer) => {
    const now = clock.now()
    // A clock that leaps back silences nobody.
    if (Math.abs(now - (shown.get(peer) ?? -Infinity)) < shownOnceInMs) return
    shown.set(peer, now)
    worker.wake(peer).then(ring, failed('a peer that showed itself is not tried yet'))
  }
  return { run, showed }
}
