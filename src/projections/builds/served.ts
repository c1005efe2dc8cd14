/**
 * A read model as it is served: whichever build this process stands at answers each question, whole. Who asked the one before
 * is answered by it to the end.
 */
import type { ReadModelChange } from '../../events/operators.js'
import { onAbort } from '../../ports/abort.js'
import type { Leases } from '../../ports/leases.js'
import { loudness } from '../../ports/loudness.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import { leased } from '../leased.js'
import { reached } from '../reached.js'
import type { Runner } from '../runner.js'
import { makeKeeper } from './keeper.js'
import { openBuilds } from './opened.js'
import type { Build, BuildsWorld } from './opened.js'
import { byAct, changeFor, firstRecord } from './record.js'
import type { BuildsRecord, Change, Refused } from './record.js'
import type { ParkedEvent } from './records.js'
import { standingOf } from './standing.js'
import type { BuildsStanding } from './standing.js'

export type ServedWorld = Omit<BuildsWorld, 'isServed'> & { readonly leases: Leases; readonly holder: string }

export type ServedModel = {
  readonly name: string
  /** What is asked of the read model, made for each build by `of`: every function of it must answer a promise. */
  queries<Q extends { readonly [name: string]: unknown }>(of: (model: ReadModel) => Q): Q
  readonly runner: Runner
  /** Moves the record, and lets the worker know at once where that is this process. */
  ask(what: ReadModelChange, act?: number): Promise<BuildsRecord | Refused>
  /** Why it would be refused now, if so. */
  wouldRefuse(what: ReadModelChange): Promise<Refused | undefined>
  /** By the act with this number a parked event counts no longer. */
  skip(event: Pick<ParkedEvent, 'stream' | 'revision'>, act: number): Promise<void>
  standing(): Promise<BuildsStanding>
  /** Feeds it while its lease is ours, follows the pointer in any case. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** How often a process looks at the record of its builds. */
const lookMs = 2_000
/** The same while a rebuild is under way here. */
const lookSoonMs = 250

export const serveModel = async (world: ServedWorld): Promise<ServedModel> => {
  const { projection, records, logId, clock, logger, leases, holder } = world
  const { name } = projection.schema
  const opened = openBuilds({ ...world, isServed: (build) => build === current.build })
  const first = firstRecord(logId, projection.fold ?? 1)
  const begun = (await records.read(opened.model)) ?? first
  let current: Build = await opened.open(begun.served)
  let wake = (): void => undefined
  const listeners = new Set<(checkpoint: Position) => void>()
  const tell = (checkpoint: Position): void => {
    for (const listener of listeners) listener(checkpoint)
  }
  const listen = ({ build, runner }: Build): void => {
    runner.onAdvance((checkpoint) => {
      if (build === current.build) tell(checkpoint)
    })
  }
  listen(current)
  const heard = new Set([current.build])

  const turn = (to: Build): void => {
    if (to.build === current.build) return
    current = to
    if (!heard.has(to.build)) listen(to)
    heard.add(to.build)
    // It may have come further before this than the other ever did.
    tell(to.runner.status().checkpoint)
  }

  const asked = async (signal: AbortSignal): Promise<void> => {
    const under = (await records.read(opened.model).catch(() => undefined))?.candidate
    const over = new AbortController()
    const end = (): void => {
      over.abort()
    }
    wake = end
    const unlisten = onAbort(signal, end)
    await clock.sleep(under === undefined ? lookMs : lookSoonMs, over.signal)
    unlisten()
  }

  const keeper = makeKeeper({
    ...world,
    isServed: (build) => build === current.build,
    opened,
    first,
    turned: turn,
    asked,
  })

  /** Another process may have turned: so does this one, once what it goes on with is as far as what it had. */
  const follow = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal)
      try {
        const record = await records.read(opened.model)
        if (record === undefined || record.served === current.build) continue
        const next = await opened.open(record.served)
        if ((await next.runner.stands()) >= (await current.runner.stands())) turn(next)
      } catch (error) {
        logger[loudness(error)]('the record of builds is not read', { projection: name, error: String(error) })
      }
    }
  }

  const stands = (): Promise<Position> => current.runner.stands()
  const onAdvance: Runner['onAdvance'] = (listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  let ending = false
  const end = (): void => {
    ending = true
    for (const listener of listeners) listener(current.runner.status().checkpoint)
  }
  const moving = { clock, stands, isOurs: () => current.runner.isRunning(), isEnding: () => ending, onAdvance }
  const runner: Runner = {
    run: (signal) => leased(`projection ${name}`, { leases, clock, logger, holder }, keeper.run, signal),
    status: () => current.runner.status(),
    stands,
    onAdvance,
    reached: async (position, timeoutMs) =>
      current.runner.status().checkpoint >= position || (await reached(moving, position, timeoutMs)),
  }
  const changeOf = (what: ReadModelChange): Change => changeFor(what, first.fold, clock.now())
  const ask: ServedModel['ask'] = async (what, act) => {
    const change = act === undefined ? changeOf(what) : byAct(act, changeOf(what))
    const changed = await records.change(opened.model, first, change)
    wake()
    return changed
  }
  const parkedAt = async ({ stream, revision }: Pick<ParkedEvent, 'stream' | 'revision'>) =>
    (await records.parked(opened.model, current.build)).find(
      (one) => one.stream === stream && one.revision === revision,
    )

  return {
    name,
    queries: (of) => {
      let made = { build: current.build, queries: of(current.model) }
      const now = (): typeof made.queries => {
        if (made.build !== current.build) made = { build: current.build, queries: of(current.model) }
        return made.queries
      }
      return Object.fromEntries(
        Object.keys(made.queries).map((each) => [
          each,
          (...args: readonly unknown[]) => (now()[each] as (...asked: readonly unknown[]) => unknown)(...args),
        ]),
      ) as typeof made.queries
    },
    runner,
    ask,
    wouldRefuse: async (what) => {
      const changed = changeOf(what)((await records.read(opened.model)) ?? first)
      return 'refused' in changed ? changed : undefined
    },
    skip: async (event, act) => {
      const { build } = current
      const found = await parkedAt(event)
      if (found === undefined || found.skipped !== undefined) return
      await records.park(opened.model, build, [{ ...found, skipped: act }])
      wake()
    },
    standing: () => standingOf({ opened, records, first, events: world.events, clock, served: () => current.build }),
    run: async (signal) => {
      onAbort(signal, end)
      await Promise.all([runner.run(signal), follow(signal)])
    },
  }
}
