/**
 * Folds streams that are long before anybody asks for them, so that there are snapshots to start from: after an import, after
 * an upgrade that reads older snapshots no more, after what stands beside the log was lost. One process at a time does so.
 */
import { categoryOf } from '../events/anyEvent.js'
import type { Checkpoints } from '../ports/checkpoints.js'
import { LogDamaged, StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import { origin } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import { leased } from '../projections/leased.js'
import type { LeasedDependencies } from '../projections/leased.js'
import type { Aggregate, Fact } from '../streams/decider.js'
import type { Streams } from '../streams/streams.js'

export type SnapshotKeeper = {
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Whether what was in the log at the start is still looked through, by whichever process; few events do not count. */
  readonly behind: () => Promise<boolean>
}

export type SnapshotKeeperDependencies = LeasedDependencies & {
  readonly kinds: readonly Kind[]
  readonly events: EventStore
  readonly checkpoints: Checkpoints
  readonly logId: string
}

/** Streams that have snapshots. */
export type Kind = {
  readonly category: string
  /** Of the snapshots: with another one, all are made anew. */
  readonly version: number
  readonly fold: (stream: string) => Promise<unknown>
}

export const kindOf = <State, Event extends Fact>(streams: Streams, aggregate: Aggregate<State, Event>): Kind => ({
  category: aggregate.name,
  version: aggregate.snapshot?.version ?? 0,
  fold: (stream) => streams.read(aggregate, stream),
})

/** A stream is folded whenever it has grown by so many events; to fold that many takes a tenth of a second. */
const longEvents = 1_024
/** A process that starts meanwhile waits so long for what another one has looked through. */
const saveEveryMs = 1_000
const retryPauseMs = 500

export const snapshotKeeper = async (deps: SnapshotKeeperDependencies): Promise<SnapshotKeeper> => {
  const { kinds, events, checkpoints, logId, clock, logger } = deps
  const name = `snapshots of ${kinds.map(({ category, version }) => `${category} ${version}`).join(' and ')}`
  const load = (): Promise<Position> => checkpoints.load(name, logId)
  const headThen = await events.head()
  let waiting = headThen - (await load()) >= longEvents

  const look = async ({ stream, revision }: StoredEvent): Promise<void> => {
    if ((revision + 1) % longEvents !== 0) return
    const category = categoryOf(stream)
    const kind = kinds.find((one) => one.category === category)
    if (kind === undefined) return
    try {
      await kind.fold(stream)
    } catch (error) {
      // A stream that cannot be read harms itself alone.
      if (error instanceof StoreUnavailable && !(error instanceof LogDamaged)) throw error
      logger.warn('no snapshot of a stream that cannot be read', { stream, error: String(error) })
    }
  }

  let at: Position = origin
  let saved: Position = origin
  const save = async (): Promise<void> => {
    if (at <= saved) return
    const now = at
    await checkpoints.save(name, logId, now)
    saved = now
  }

  const follow = async (signal: AbortSignal): Promise<void> => {
    at = saved = await load()
    let wasLive = false
    for await (const batch of events.follow({ after: at, signal })) {
      for (const stored of batch.events) {
        await look(stored)
        if (signal.aborted) return save()
        at = stored.position
      }
      if (batch.live && !wasLive) await save()
      wasLive ||= batch.live
    }
    await save()
  }

  const again = async (work: () => Promise<void>, pauseMs: number, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await work()
      } catch (error) {
        logger.warn('snapshots wait for the store', { error: String(error) })
      }
      await clock.sleep(pauseMs, signal)
    }
  }

  const work = async (signal: AbortSignal): Promise<void> => {
    await Promise.all([again(() => follow(signal), retryPauseMs, signal), again(save, saveEveryMs, signal)])
  }

  return {
    run: (signal) => leased(name, deps, work, signal),
    behind: async () => {
      if (waiting) waiting = (await load()) < headThen
      return waiting
    },
  }
}
