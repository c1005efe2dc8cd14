/**
 * Gathers what the queues of this process acknowledge: in force here at once, and one cumulative event a second for the
 * log. A crash forgets at most that second, and the client is shown it again.
 */
import { acknowledgementsShapes, acknowledgementsStream } from '../events/acknowledgements.js'
import type { AcknowledgementsEvent } from '../events/acknowledgements.js'
import type { QueueId } from '../mls/wire/ids.js'
import { commandId } from '../streams/commandId.js'
import type { Streams } from '../streams/streams.js'
import type { OwnConsumer } from './consumers.js'

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
  readonly clock: {
    readonly now: () => number
    readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  }
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
/** Queues whose position is remembered here beyond the flush, the least recently heard of forgotten first. */
const rememberedMax = 100_000

const byName = ([one]: readonly [string, ...unknown[]], [other]: readonly [string, ...unknown[]]): number =>
  one < other ? -1 : 1

type Heard = { readonly upTo: number; readonly generation: number | undefined }

export const gatherAcknowledgements = (deps: AcknowledgementsDependencies): Acknowledgements => {
  const { streams, clock, process, overtaken, failed } = deps
  const remembered = new Map<QueueId, number>()
  const gathered = new Map<QueueId, Heard>()
  let events = 0
  let flushing: Promise<void> | undefined

  const remember = (queue: QueueId, upTo: number): void => {
    remembered.delete(queue)
    remembered.set(queue, upTo)
    for (const oldest of remembered.keys()) {
      if (remembered.size <= rememberedMax) break
      if (!gathered.has(oldest)) remembered.delete(oldest)
      else break
    }
  }

  const acknowledge: Acknowledgements['acknowledge'] = (queue, upTo, generation) => {
    if (upTo <= (remembered.get(queue) ?? 0)) return
    gathered.set(queue, { upTo, generation })
    remember(queue, upTo)
  }

  const fetched: Acknowledgements['fetched'] = (queue, { acknowledged, touchedAt }) => {
    if (clock.now() - touchedAt < dayMs || gathered.has(queue)) return
    gathered.set(queue, { upTo: Math.max(acknowledged, remembered.get(queue) ?? 0), generation: undefined })
  }

  const write = async (): Promise<void> => {
    const batch = await withoutOvertaken([...gathered].slice(0, queuesPerEventMax))
    if (batch.length === 0) return
    // By name: the order in which they came would put the queues of one client side by side.
    const queues = Object.fromEntries(batch.map(([queue, { upTo }]) => [queue, upTo] as const).sort(byName))
    const event: AcknowledgementsEvent = {
      type: 'QueuesAcknowledged',
      data: { queues },
    }
    const id = commandId(acknowledgementsStream(process), String(events))
    await streams.append({ shapes: acknowledgementsShapes }, acknowledgementsStream(process), context(id), event)
    events++
    for (const [queue, heard] of batch) if (gathered.get(queue) === heard) gathered.delete(queue)
  }

  const context = (id: string) => ({ id, bodyHash: '', at: clock.now() })

  const withoutOvertaken = async (batch: readonly [QueueId, Heard][]): Promise<readonly [QueueId, Heard][]> => {
    const own = batch.flatMap(([queue, { generation }]) => (generation === undefined ? [] : [{ queue, generation }]))
    const lost = own.length === 0 ? new Set<QueueId>() : await overtaken(own)
    for (const [queue, heard] of batch) {
      if (!lost.has(queue) || heard.generation === undefined) continue
      if (gathered.get(queue) === heard) gathered.delete(queue)
      remembered.delete(queue)
    }
    return batch.filter(([queue, { generation }]) => generation === undefined || !lost.has(queue))
  }

  const flushAll = async (): Promise<void> => {
    for (let rounds = Math.ceil(gathered.size / queuesPerEventMax); rounds > 0; rounds--) await write()
  }

  const flush: Acknowledgements['flush'] = async () => {
    if (flushing !== undefined) await flushing.catch(() => undefined)
    flushing = flushAll()
    await flushing
  }

  const tryFlush = async (): Promise<void> => {
    try {
      await flush()
    } catch (error) {
      failed(error)
    }
  }

  const run: Acknowledgements['run'] = async (signal) => {
    while (!signal.aborted) {
      await clock.sleep(everyMs, signal)
      await tryFlush()
    }
  }

  return { acknowledge, fetched, flush, run, acknowledged: (queue) => remembered.get(queue) ?? 0 }
}
