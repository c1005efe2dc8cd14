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
  /** Writes what is gathered. Throws StoreUnavailable; what was not written is kept for the next time. */
  flush(): Promise<void>
  /** Flushes every second until the signal aborts, then once more. */
  run(signal: AbortSignal): Promise<void>
}

export type AcknowledgementsDependencies = {
  readonly streams: Pick<Streams, 'append'>
  readonly clock: Clock
  /** Random, new with every start of the process: names its stream. */
  readonly process: string
  /** The queues of these consumers that another process's newer one has overtaken. */
  readonly overtaken: (own: readonly OwnConsumer[]) => Promise<ReadonlySet<QueueId>>
  /** Told of a flush that failed in `run`. */
  readonly failed: (error: unknown) => void
}

const everyMs = 1_000
const dayMs = 24 * 60 * 60 * 1_000
/** Queues in one event: well below the bytes of an append. */
const queuesPerEventMax = 5_000

export const gatherAcknowledgements = (deps: AcknowledgementsDependencies): Acknowledgements => {
  const { streams, clock, overtaken, failed } = deps
  const stream = acknowledgementsStream(deps.process)
  const heard = keepHeard()
  let events = 0
  let flushing = Promise.resolve()

  const append = async (batch: readonly Acknowledgement[]): Promise<void> => {
    const context = { id: commandId(stream, String(events)), bodyHash: '', at: clock.now() }
    await streams.append({ shapes: acknowledgementsShapes }, stream, context, acknowledgedBy(batch))
    events++
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
    for (let rounds = Math.ceil(heard.waiting() / queuesPerEventMax); rounds > 0; rounds--) await write()
  }

  /** One after another: two at once would write the same twice. */
  const flush: Acknowledgements['flush'] = () => {
    flushing = flushing.then(flushAll, flushAll)
    return flushing
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
      while (!signal.aborted) {
        await clock.sleep(everyMs, signal)
        await flush().catch(failed)
      }
    },
  }
}

/** By name: the order in which they came would put the queues of one client side by side. */
const acknowledgedBy = (batch: readonly Acknowledgement[]): AcknowledgementsEvent => {
  const entries = batch.map(({ queue, upTo }) => [queue, upTo] as const)
  const sorted = entries.sort(([one], [other]) => (one < other ? -1 : 1))
  return { type: 'QueuesAcknowledged', data: { queues: Object.fromEntries(sorted) } }
}
