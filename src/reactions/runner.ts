/**
 * Runs the reactions: follows the log from a checkpoint, asks every rule about every event in log order, and starts the
 * sweeps by the clock. One process at a time does so, by lease. What it does twice after a crash has one effect.
 */
import { placedOf } from '../items/placed.js'
import type { Streams } from '../streams/streams.js'
import type { Checkpoints } from '../ports/checkpoints.js'
import type { Clock } from '../ports/clock.js'
import { StorageFull, StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import { loudness } from '../ports/loudness.js'
import { origin } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import { leased } from '../projections/leased.js'
import type { LeasedDependencies } from '../projections/leased.js'
import { isUntraced } from '../events/form/untraced.js'
import { commandOf, sweepCommandOf, untracedCommandOf } from './rule.js'
import type { Rule, Sweep } from './rule.js'

export type Reactions = {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
  status(): ReactionsStatus
  /** Resolves once every rule was asked about all events up to `position`; false when `timeoutMs` passed first. */
  reached(position: Position, timeoutMs: number): Promise<boolean>
}

export type ReactionsStatus = {
  readonly checkpoint: Position
  /** Events that a rule could not answer: rule, stream@revision; newest last. */
  readonly parked: readonly string[]
}

export type ReactionsDependencies = LeasedDependencies & {
  readonly rules: readonly Rule[]
  readonly sweeps: readonly Sweep[]
  /** Whether what is old by the clock may be destroyed now; else no sweep runs. */
  readonly mayDestroy: () => Promise<boolean>
  readonly events: EventStore
  readonly streams: Streams
  readonly checkpoints: Checkpoints
  readonly clock: Clock
  readonly logger: Logger
  readonly logId: string
  /** An id by a key of this server: what follows from an untraced event is not to be found by it (rule.ts). */
  readonly blinded: (id: string) => string
  /** Where to begin on a log that was never reacted to: 'head' is silent about its history. */
  readonly begin: 'origin' | 'head'
}

const retryPauseMs = 500
/** The checkpoint is saved so often at most: what is done again after a crash has no second effect. */
const saveEveryMs = 1_000
const parkedMax = 100
/** While nothing may be destroyed, a sweep asks again after so long. */
const heldPauseMs = 60_000

export const makeReactions = (deps: ReactionsDependencies): Reactions => {
  const { rules, sweeps, mayDestroy, events, streams, checkpoints, clock, logger, logId, begin, blinded } = deps
  const listeners = new Set<() => void>()
  const parked: string[] = []
  let checkpoint: Position = origin

  const park = (rule: string, { stream, revision }: StoredEvent, why: unknown): void => {
    parked.push(`${rule} ${stream}@${revision}`)
    if (parked.length > parkedMax) parked.shift()
    logger.error('reaction parked', { rule, stream, revision, error: String(why) })
  }

  /** Asks one rule, again and again while the store is away. */
  const ask = async (rule: Rule, stored: StoredEvent, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        const command = (target: string) =>
          isUntraced(stored.type)
            ? untracedCommandOf(blinded(stored.id), rule.name, target, clock.now())
            : commandOf(stored.id, rule.name, target, clock.now())
        await rule.react(placedOf(stored), { streams, logger, command })
        return
      } catch (error) {
        if (!(error instanceof StoreUnavailable || error instanceof StorageFull)) {
          park(rule.name, stored, error)
          return
        }
        logger.warn('reaction waits for the store', { rule: rule.name, error: String(error) })
        await clock.sleep(retryPauseMs, signal)
      }
    }
  }

  const start = async (): Promise<Position> => {
    const saved = await checkpoints.load('reactions', logId)
    return saved === origin && begin === 'head' ? await events.head() : saved
  }

  const follow = async (signal: AbortSignal): Promise<void> => {
    advance(await start())
    let savedAt = clock.now()
    try {
      for await (const batch of events.follow({ after: checkpoint, signal })) {
        for (const stored of batch.events) {
          for (const rule of rules) if (concerns(rule, stored)) await ask(rule, stored, signal)
          if (signal.aborted) return
          advance(stored.position)
        }
        if (clock.now() - savedAt < saveEveryMs) continue
        await checkpoints.save('reactions', logId, checkpoint)
        savedAt = clock.now()
      }
    } finally {
      await checkpoints.save('reactions', logId, checkpoint)
    }
  }

  const advance = (to: Position): void => {
    checkpoint = to
    for (const listener of listeners) listener()
  }

  const sweepOften = async ({ name, everyMs, sweep }: Sweep, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      let pauseMs = everyMs
      try {
        const now = clock.now()
        if (!(await mayDestroy())) pauseMs = Math.min(everyMs, heldPauseMs)
        else await sweep({ streams, logger, command: (target) => sweepCommandOf(name, now, target), now, signal })
      } catch (error) {
        logger[loudness(error)]('sweep failed, its next turn comes', { sweep: name, error: String(error) })
      }
      await clock.sleep(pauseMs, signal)
    }
  }

  /** Goes on after whatever stops the following, while the lease is ours. */
  const followAlways = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await follow(signal)
      } catch (error) {
        logger[loudness(error)]('reactions stopped, trying again', { error: String(error) })
        await clock.sleep(retryPauseMs, signal)
      }
    }
  }

  const work = async (signal: AbortSignal): Promise<void> => {
    await Promise.all([followAlways(signal), ...sweeps.map((sweep) => sweepOften(sweep, signal))])
  }

  const reached: Reactions['reached'] = (position, timeoutMs) => {
    if (checkpoint >= position) return Promise.resolve(true)
    const timeout = new AbortController()
    return new Promise((resolve) => {
      const look = (): void => {
        if (checkpoint >= position) done(true)
      }
      const done = (met: boolean): void => {
        listeners.delete(look)
        timeout.abort()
        resolve(met)
      }
      listeners.add(look)
      void clock.sleep(timeoutMs, timeout.signal).then(() => {
        done(checkpoint >= position)
      })
    })
  }

  return {
    run: (signal) => leased('reactions', deps, work, signal),
    status: () => ({ checkpoint, parked: [...parked] }),
    reached,
  }
}

const concerns = ({ answers }: Rule, { type }: StoredEvent): boolean =>
  answers === undefined || answers.some((answered) => answered === type)
