/** Tells the queues that are to be woken: so many at once, none that is being read, none oftener than its budget allows. */
import type { QueueId } from '../mls/wire/ids.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Random } from '../ports/random.js'
import type { WorkingSet } from '../projections/workingSet.js'
import type { Outcome } from './attempt.js'
import type { Budget } from './budget.js'
import type { Counts } from './counts.js'
import type { Ledger } from './ledger.js'
import type { Online } from './online.js'
import { queueOf, wakeOf } from './schema.js'
import type { Receiver, WakeRow } from './schema.js'
import type { Slots } from './slots.js'
import { deferred, settled } from './wake.js'

export type TellDependencies = {
  readonly ledger: Pick<Ledger, 'take'>
  readonly slots: Slots
  readonly budget: Budget
  readonly online: Online
  readonly attempt: (wake: WakeRow, receiver: Receiver, signal: AbortSignal) => Promise<Outcome>
  /** Ends a receiver that is none any more, by a fact. */
  readonly remove: (queue: QueueId, subscription: string) => Promise<void>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly logger: Logger
  readonly counts: Counts
}

export type Teller = {
  /** Begins to tell those that are due, a page of them; true when there may be more. */
  round(signal: AbortSignal): Promise<boolean>
}

const pageRows = 512
/** Whoever is reading is looked at again: it may leave without having acknowledged. */
const onlineAgainMs = 2_000

/** `left`: those that have not been told yet. */
type Due = { readonly wake: WakeRow; readonly left: readonly Receiver[] }

/** Asked for together: one at a time they would cost more than the pushes. */
const withReceivers = async (due: readonly WakeRow[], rows: WorkingSet): Promise<readonly Due[]> => {
  await rows.prefetch(due.flatMap(({ queue }) => ['queues', 'wakes'].map((table) => ({ table, key: [queue] }))))
  const found = due.map(async (wake) => {
    const row = await rows.get('queues', [wake.queue])
    const receivers = row === undefined ? [] : queueOf(row).receivers
    return { wake, left: receivers.filter(({ subscription }) => wake.given?.includes(subscription) !== true) }
  })
  return Promise.all(found)
}

/** `failed` hears of whatever the store says. */
export const makeTeller = (deps: TellDependencies, failed: (error: unknown) => void): Teller => {
  const { ledger, slots, budget, online, clock } = deps
  const underWay = new Set<QueueId>()

  /** Puts off what is not to be told now, and takes the rest. */
  const takeDue = async (rows: WorkingSet): Promise<{ readonly due: readonly Due[]; readonly more: boolean }> => {
    const now = clock.now()
    const limit = pageRows + underWay.size
    const page = await rows.range({ table: 'wakes', index: 'byDue', prefix: [], upTo: [now], limit })
    const found = page.map(wakeOf).filter(({ queue }) => !underWay.has(queue))
    const reading = await online(found.map(({ queue }) => queue))
    const due = found.filter((wake) => {
      const at = reading.has(wake.queue) ? now + onlineAgainMs : budget.nextAt(wake.queue, now)
      if (at > now) rows.put('wakes', { ...deferred(wake, at) })
      return at <= now
    })
    for (const { queue } of due) underWay.add(queue)
    return { due: await withReceivers(due, rows), more: page.length === limit }
  }

  const tell = async ({ wake, left }: Due, signal: AbortSignal): Promise<void> => {
    try {
      budget.spend(wake.queue, clock.now())
      const outcomes = await Promise.all(left.map((receiver) => deps.attempt(wake, receiver, signal)))
      await ledger.take((rows) => settle(wake, left, outcomes, rows))
      await removeGone(wake.queue, left, outcomes)
    } catch (error) {
      if (!signal.aborted) failed(error)
    } finally {
      underWay.delete(wake.queue)
    }
  }

  /** Nothing where the wake has ended meanwhile: a new one has its own turn. */
  const settle = async (
    { queue, begun }: WakeRow,
    receivers: readonly Receiver[],
    outcomes: readonly Outcome[],
    rows: WorkingSet,
  ): Promise<void> => {
    for (const { was } of outcomes) deps.counts.count(was)
    const row = await rows.get('wakes', [queue])
    if (row === undefined || wakeOf(row).begun !== begun) return
    const given = receivers.filter((_, at) => outcomes[at]?.was !== 'failed').map(({ subscription }) => subscription)
    const after = settled(wakeOf(row), {
      given,
      failed: receivers.length - given.length,
      retryAfterMs: Math.max(0, ...outcomes.map((one) => (one.was === 'failed' ? (one.retryAfterMs ?? 0) : 0))),
      now: clock.now(),
      jitter: (deps.random.bytes(1)[0] ?? 0) / 256,
    })
    if (after === undefined) {
      deps.counts.count('givenUp')
      rows.remove('wakes', [queue])
    } else rows.put('wakes', { ...after })
  }

  /** Where that fails, the next push finds out again. */
  const removeGone = async (
    queue: QueueId,
    receivers: readonly Receiver[],
    outcomes: readonly Outcome[],
  ): Promise<void> => {
    for (const [at, { subscription }] of receivers.entries()) {
      if (outcomes[at]?.was !== 'gone') continue
      await deps.remove(queue, subscription).catch((error: unknown) => {
        deps.logger.warn('a push subscription that is gone was not removed', { error: String(error) })
      })
    }
  }

  return {
    round: async (signal) => {
      const { due, more } = await ledger.take(takeDue)
      for (const [at, one] of due.entries()) {
        if (await slots.begin(() => tell(one, signal), signal)) continue
        for (const { wake } of due.slice(at)) underWay.delete(wake.queue)
        return false
      }
      return more
    },
  }
}
