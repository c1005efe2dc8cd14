/** Events on their way to the application: saved with the state that they come from, gone once they are taken. */
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import type { SignalEvent } from '../events.js'
import type { SavedEvent, WaitingEvent } from './savedEvent.js'
import type { Saver } from './saver.js'

export type Inbox = {
  readonly push: (event: SavedEvent) => void
  /** A signal, which is not saved: told before what is, or within seconds not at all. */
  readonly pass: (event: SignalEvent) => void
  /** Everything saved and unread. */
  readonly take: () => readonly WaitingEvent[]
  /** The same, signals left out; they stay unread. */
  readonly saved: () => readonly SavedEvent[]
  /** The oldest unread, which stays until `drop`. */
  readonly peek: () => Entry | undefined
  readonly drop: (entry: Entry) => void
  /** Resolves when there may be something to peek at. */
  readonly arrival: (signal: AbortSignal) => Promise<void>
  /** The number of the last event, and the telling that all up to one are saved. */
  readonly last: () => number
  readonly release: (upTo: number) => void
}

export type Entry = { readonly number: number; readonly event: WaitingEvent }

/** Signals that wait, the newest, and for how long. */
const passingMax = 256
const passingMs = 10_000

const prefix = 'inbox/'
const keyOf = (number: number): string => `${prefix}${String(number).padStart(12, '0')}`

export const openInbox = async (store: Store, saver: () => Saver): Promise<Inbox> => {
  const entries: (Entry & { readonly event: SavedEvent })[] = []
  let passing: (Entry & { readonly until: number })[] = []
  for (const key of await store.keys(prefix)) {
    const bytes = await store.get(key)
    if (bytes !== undefined)
      entries.push({ number: Number(key.slice(prefix.length)), event: decodeRecord(bytes) as SavedEvent })
  }
  let last = entries.at(-1)?.number ?? 0
  let released = last
  let waiting: (() => void)[] = []
  const wakeAll = (): void => {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  const drop = (entry: Entry): void => {
    passing = passing.filter((one) => one !== entry)
    const at = entries.findIndex((one) => one === entry)
    if (at < 0) return
    entries.splice(at, 1)
    saver().remove(keyOf(entry.number))
  }
  const stillPassing = (): typeof passing => {
    const now = Date.now()
    passing = passing.filter(({ until }) => until > now)
    return passing
  }
  const peek = (): Entry | undefined => stillPassing()[0] ?? entries.find(({ number }) => number <= released)
  return {
    push: (event) => {
      last++
      entries.push({ number: last, event })
      saver().put(keyOf(last), () => encodeRecord(event))
    },
    pass: (event) => {
      passing = [...stillPassing(), { number: 0, event, until: Date.now() + passingMs }].slice(-passingMax)
      wakeAll()
    },
    take: () => {
      const ready = [...stillPassing(), ...entries.filter(({ number }) => number <= released)]
      for (const entry of ready) drop(entry)
      return ready.map(({ event }) => event)
    },
    saved: () => entries.filter(({ number }) => number <= released).map(({ event }) => event),
    peek,
    drop,
    arrival: (signal) =>
      new Promise((resolve) => {
        if (peek() !== undefined || signal.aborted) {
          resolve()
          return
        }
        const wake = (): void => {
          signal.removeEventListener('abort', wake)
          resolve()
        }
        waiting.push(wake)
        signal.addEventListener('abort', wake, { once: true })
      }),
    last: () => last,
    release: (upTo) => {
      released = Math.max(released, upTo)
      wakeAll()
    },
  }
}
