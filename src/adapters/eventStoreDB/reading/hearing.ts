/**
 * The port's hearing: what the live tail brings is told before it is gathered for the followers, and the log's end is asked
 * once for all who want to know whether they have heard everything.
 */
import type { Clock } from '../../../ports/clock.js'
import type { Hearing } from '../../../ports/eventStore.js'
import { origin, type Position } from '../../../ports/position.js'
import { sharedReads } from '../../../structures/sharedReads.js'

/** What the live tail tells, in log order. */
export type Ear = {
  /** An event of this application. */
  hear(stream: string, revision: number): void
  /** All up to here was heard, whatever it was. */
  reach(position: Position): void
  /** Nobody waits any more. */
  close(): void
}

export type HearingTools = {
  readonly clock: Clock
  /** The newest event of this application. Throws StoreUnavailable. */
  readonly head: () => Promise<Position>
}

/** What stands in the log is heard within some ms; a tail that takes longer is behind, or cut off. */
const patienceMs = 250

type Look = { readonly heard: Promise<boolean> }
type Waiting = { readonly place: Position; readonly wake: () => void }

export const createHearing = ({ clock, head }: HearingTools): { readonly hearing: Hearing; readonly ear: Ear } => {
  const listeners: ((stream: string, revision: number) => void)[] = []
  /** In the order of their places. */
  const waiting = new Set<Waiting>()
  const looks = sharedReads()
  let reached: Position | undefined
  /** The last place that was waited for in vain: until it is heard nobody waits. */
  let missed: Position = origin
  let closed = false

  const hasHeard = (place: Position): boolean => reached !== undefined && reached >= place

  const arrives = async (place: Position): Promise<boolean> => {
    if (hasHeard(place) || closed) return hasHeard(place)
    const over = new AbortController()
    const one = {
      place,
      wake: () => {
        over.abort('heard')
      },
    }
    waiting.add(one)
    await clock.sleep(patienceMs, over.signal)
    waiting.delete(one)
    if (!hasHeard(place)) missed = place
    return hasHeard(place)
  }

  const caughtUp = async (): Promise<boolean> => {
    if (!hasHeard(missed)) return false
    const { heard } = await looks('end', async (): Promise<Look> => ({ heard: arrives(await head()) }))
    return heard
  }

  return {
    hearing: {
      listen: (heard) => {
        listeners.push(heard)
      },
      caughtUp,
    },
    ear: {
      hear: (stream, revision) => {
        for (const heard of listeners) heard(stream, revision)
      },
      reach: (position) => {
        reached = position
        for (const { place, wake } of waiting) {
          if (place > position) break
          wake()
        }
      },
      close: () => {
        closed = true
        for (const { wake } of waiting) wake()
      },
    },
  }
}
