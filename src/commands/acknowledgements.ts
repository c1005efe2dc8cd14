/**
 * Gathers what the queues of this process acknowledge: in force here at once, and one cumulative event a second for the
 * log. A crash forgets at most that second, and the client is shown it again.
 */
import { acknowledgementsShapes, acknowledgementsStream } from '../events/acknowledgements.js'
import type { AcknowledgementsEvent } from '../events/acknowledgements.js'
import type { QueueId } from '../mls/ids.js'
import { carryOver } from './acknowledgementsCarry.js'
import type { AcknowledgementsLog } from './acknowledgementsCarry.js'
import { commandId } from './commandId.js'
import type { Handle } from './handle.js'

/** Which consumer acknowledges: an older one than the newest is not believed. */
export type Claim = { readonly queue: QueueId; readonly generation: number }

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
  readonly handle: Pick<Handle, 'append'>
  readonly clock: {
    readonly now: () => number
    readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  }
  /** Names the stream: the same for all processes and starts, so that what is carried over leaves no stream behind. */
  readonly process: string
  /** Random, new with every start of a process: tells its commands from those of others. */
  readonly start?: string
  /** Where what was said before is carried over and truncated, in `run`. */
  readonly log?: AcknowledgementsLog
  /** The claims that another process's newer consumer has overtaken. */
  readonly overtaken: (claims: readonly Claim[]) => Promise<ReadonlySet<QueueId>>
  /** Told of a flush that failed in `run`. */
  readonly failed: (error: unknown) => void
}

const everyMs = 1_000
/** After a failure: a store that is away is not asked, nor spoken of, every second. */
const againMs = 5_000
const dayMs = 24 * 60 * 60 * 1_000
/** Queues in one event: well below the bytes of an append. */
const queuesPerEventMax = 5_000
/** Queues whose position is remembered here beyond the flush, the least recently heard of forgotten first. */
const rememberedMax = 100_000

const byName = ([one]: readonly [string, ...unknown[]], [other]: readonly [string, ...unknown[]]): number =>
  one < other ? -1 : 1

type Heard = { readonly upTo: number; readonly generation: number | undefined }

export const gatherAcknowledgements = (deps: AcknowledgementsDependencies): Acknowledgements => {
  const { handle, clock, process, start = process, log, overtaken, failed } = deps
  const stream = acknowledgementsStream(process)
  const carry = log === undefined ? undefined : carryOver({ log, handle, now: clock.now, stream, start })
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
    const id = commandId(stream, start === process ? String(events) : `${start} ${events}`)
    await handle.append({ shapes: acknowledgementsShapes }, stream, context(id), event)
    events++
    carry?.wrote(batch.length)
    for (const [queue, heard] of batch) if (gathered.get(queue) === heard) gathered.delete(queue)
  }

  const context = (id: string) => ({ id, bodyHash: '', at: clock.now() })

  const withoutOvertaken = async (batch: readonly [QueueId, Heard][]): Promise<readonly [QueueId, Heard][]> => {
    const claims = batch.flatMap(([queue, { generation }]) => (generation === undefined ? [] : [{ queue, generation }]))
    const lost = claims.length === 0 ? new Set<QueueId>() : await overtaken(claims)
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

  const succeeds = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      failed(error)
      return false
    }
  }

  const run: Acknowledgements['run'] = async (signal) => {
    let wrote = true
    while (!signal.aborted) {
      await clock.sleep(wrote ? everyMs : againMs, signal)
      wrote = await succeeds(flush)
      if (wrote && carry !== undefined && !isOver(signal)) await succeeds(carry.ifDue)
    }
  }

  return { acknowledge, fetched, flush, run, acknowledged: (queue) => remembered.get(queue) ?? 0 }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted
