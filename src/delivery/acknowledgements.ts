/**
 * Gathers what the queues of this process acknowledge: in force here at once, and one cumulative event a second for the
 * log. A crash forgets at most that second, and the client is shown it again.
 */
import { acknowledgementsShapes, acknowledgementsStream } from '../events/acknowledgements.js'
import type { AcknowledgementsEvent } from '../events/acknowledgements.js'
import type { QueueId } from '../mls/wire/ids.js'
import type { Clock } from '../ports/clock.js'
import { commandId } from '../streams/commandId.js'
import type { Streams } from '../streams/streams.js'
import type { OwnConsumer } from './consumers.js'
import { carryOver } from './acknowledgementsCarry.js'
import type { AcknowledgementsLog } from './acknowledgementsCarry.js'
import { keepHeard } from './heard.js'
import type { Acknowledgement } from './heard.js'

export type Acknowledgements = {
  /**
   * Everything up to a position has arrived; less than before changes nothing. `generation`: of the consumer that says
   * so over a connection, checked against other processes before it is written.
   */
  acknowledge(queue: QueueId, upTo: number, generation?: number): void
  /**
   * The queue was fetched. What it acknowledged is said again when the log last heard of it a day ago or more, so that
   * a queue that is read but never acknowledged does not expire, by facts alone, at one entry per queue and day.
   */
  fetched(queue: QueueId, row: { readonly acknowledged: number; readonly touchedAt: number }): void
  /** The position up to which the queue's owner has everything, as far as this process heard; 0 when it did not. */
  acknowledged(queue: QueueId): number
  /** Writes what is gathered, unless that is held. Throws StoreUnavailable; what was not written is kept for the next time. */
  flush(): Promise<void>
  /** Flushes every second until the signal aborts, then once more. */
  run(signal: AbortSignal): Promise<void>
}

export type AcknowledgementsDependencies = {
  readonly streams: Pick<Streams, 'append'>
  readonly clock: Clock
  /** Names the stream: the same for all processes and starts, so that what is carried over leaves no stream behind. */
  readonly process: string
  /** Random, new with every start of a process: tells its commands from those of others. */
  readonly start?: string
  /** Where what was said before is carried over and truncated, in `run`. */
  readonly log?: AcknowledgementsLog
  /** The queues of these consumers that another process's newer one has overtaken. */
  readonly overtaken: (own: readonly OwnConsumer[]) => Promise<ReadonlySet<QueueId>>
  /** Whether nothing may be written now: what is heard meanwhile is kept for later. */
  readonly held?: () => boolean
  /** Told of a flush that failed in `run`. */
  readonly failed: (error: unknown) => void
}

const everyMs = 1_000
/** After a failure: a store that is away is not asked, nor spoken of, every second. */
const againMs = 5_000
const dayMs = 24 * 60 * 60 * 1_000
/** Queues in one event: well below the bytes of an append. */
const queuesPerEventMax = 5_000

export const gatherAcknowledgements = (deps: AcknowledgementsDependencies): Acknowledgements => {
  const { streams, clock, process, start = process, log, overtaken, failed, held = () => false } = deps
  const stream = acknowledgementsStream(process)
  const carry = log === undefined ? undefined : carryOver({ log, streams, now: () => clock.now(), stream, start })
  const heard = keepHeard()
  let events = 0
  let flushing = Promise.resolve()

  const append = async (batch: readonly Acknowledgement[]): Promise<void> => {
    const context = {
      id: commandId(stream, start === process ? String(events) : `${start} ${events}`),
      bodyHash: '',
      at: clock.now(),
    }
    await streams.append({ shapes: acknowledgementsShapes }, stream, context, acknowledgedBy(batch))
    events++
    carry?.wrote(batch.length)
  }

  const write = async (): Promise<void> => {
    const next = heard.next(queuesPerEventMax)
    const own = next.flatMap(({ queue, generation }) => (generation === undefined ? [] : [{ queue, generation }]))
    const lost = own.length === 0 ? new Set<QueueId>() : await overtaken(own)
    const isLost = ({ queue, generation }: Acknowledgement): boolean => generation !== undefined && lost.has(queue)
    heard.takeBack(next.filter(isLost))
    const batch = next.filter((one) => !isLost(one))
    if (batch.length === 0) return
    await append(batch)
    heard.written(batch)
  }

  const flushAll = async (): Promise<void> => {
    for (let rounds = Math.ceil(heard.waiting() / queuesPerEventMax); rounds > 0 && !held(); rounds--) await write()
  }

  /** One after another: two at once would write the same twice. */
  const flush: Acknowledgements['flush'] = () => {
    flushing = flushing.then(flushAll, flushAll)
    return flushing
  }

  const succeeds = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      failed(error)
      return false
    }
  }

  return {
    acknowledge: (queue, upTo, generation) => {
      heard.acknowledge({ queue, upTo, generation })
    },
    fetched: (queue, { acknowledged, touchedAt }) => {
      if (clock.now() - touchedAt >= dayMs) heard.repeat(queue, acknowledged)
    },
    acknowledged: (queue) => heard.acknowledged(queue),
    flush,
    run: async (signal) => {
      let wrote = true
      while (!signal.aborted) {
        await clock.sleep(wrote ? everyMs : againMs, signal)
        wrote = await succeeds(flush)
        if (wrote && carry !== undefined && !isOver(signal) && !held()) await succeeds(carry.ifDue)
      }
    },
  }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted

/** By name: the order in which they came would put the queues of one client side by side. */
const acknowledgedBy = (batch: readonly Acknowledgement[]): AcknowledgementsEvent => {
  const entries = batch.map(({ queue, upTo }) => [queue, upTo] as const)
  const sorted = entries.sort(([one], [other]) => (one < other ? -1 : 1))
  return { type: 'QueuesAcknowledged', data: { queues: Object.fromEntries(sorted) } }
}
