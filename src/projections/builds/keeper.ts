/** The work of whoever holds a projection's lease: feeds all its builds, and takes a rebuild from its beginning to the flip. */
import type { Leases } from '../../ports/leases.js'
import { loudness } from '../../ports/loudness.js'
import { compareBuilds } from './compare.js'
import type { Build, BuildsWorld, OpenedBuilds } from './opened.js'
import { dropped, foundOf, ofLog, turnTo } from './record.js'
import type { BuildsRecord, Candidate, Change, Refused } from './record.js'

export type KeeperWorld = BuildsWorld & {
  readonly leases: Leases
  /** This process. */
  readonly holder: string
  readonly opened: OpenedBuilds
  /** As a record begins. */
  readonly first: BuildsRecord
  /** This process turns to the build: it is the one that is served. */
  readonly turned: (build: Build) => void
  /** Resolves once somebody here asked for something, or after a while. */
  readonly asked: (signal: AbortSignal) => Promise<void>
}

/** Rows of a build that was given up stay so long, for who is reading them still in any process. */
const graceMs = 60_000
/** How long the served build stands still for the flip. */
const flipMsMax = 500
/** How long the lease is held for after it was looked at. */
const leaseMs = 10_000
/** Unequal once may be a key that was erased between the two: it is looked at again. */
const looksMax = 2

type Feeding = { readonly stop: AbortController; readonly done: Promise<void> }

export const makeKeeper = (world: KeeperWorld): { readonly run: (signal: AbortSignal) => Promise<void> } => {
  const { projection, records, opened, clock, logger, leases, holder, first } = world
  const { schema, fold = 1, effects } = projection
  /** As whom the leases of effects are taken: not as the worker in the same process. */
  const worker = `${holder} turns`
  const change = (by: Change): Promise<BuildsRecord | Refused> => records.change(opened.model, first, by)

  /** Feeds what the record names, and nothing else. */
  const feed = async (record: BuildsRecord, feeding: Map<number, Feeding>): Promise<void> => {
    const named = [record.served, record.candidate?.build, record.former?.build].filter((one) => one !== undefined)
    for (const [build, { stop, done }] of feeding)
      if (!named.includes(build)) {
        stop.abort()
        await done
        feeding.delete(build)
      }
    for (const build of named) {
      if (feeding.has(build)) continue
      const { runner } = await opened.open(build)
      const stop = new AbortController()
      feeding.set(build, { stop, done: runner.run(stop.signal) })
    }
  }

  /** Whatever lay under its number goes first, so that it is folded from the beginning; later it goes on where it was. */
  const prepare = async ({ build, status }: Candidate): Promise<void> => {
    if (status !== 'named') return
    await opened.drop(build)
    await opened.open(build)
    await change(foundOf(build, { status: 'folding' }))
  }

  const isLevel = async ({ runner }: Build): Promise<boolean> => runner.reached(await world.events.head(), flipMsMax)

  const judge = async (record: BuildsRecord, candidate: Candidate, signal: AbortSignal): Promise<void> => {
    const rebuilt = await opened.open(candidate.build)
    if (candidate.status === 'differs' && !candidate.anyway) return
    if (!(await isLevel(rebuilt))) return
    // Compared before, and fed by the same events since.
    if (candidate.differences !== undefined) return flip(rebuilt)
    const served = await opened.open(record.served)
    const compared = await compareTwice(served, rebuilt, signal)
    if (compared === undefined) return
    const isMeant = candidate.fold !== record.fold || candidate.anyway
    const isWorse = rebuilt.runner.status().parked.length > served.runner.status().parked.length
    const status = (compared.length > 0 && !isMeant) || isWorse ? 'differs' : 'folding'
    const next = await change(foundOf(candidate.build, { status, differences: compared }))
    if ('refused' in next) return
    if (compared.length > 0)
      logger.warn('a rebuilt read model differs', { projection: schema.name, differences: JSON.stringify(compared) })
    if (status === 'folding' || next.candidate?.anyway === true) await flip(rebuilt)
  }

  const compareTwice = async (served: Build, rebuilt: Build, signal: AbortSignal) => {
    for (let look = 1; ; look++) {
      const found = await compareBuilds(served, rebuilt, { schema, pause: world.pause, signal })
      if (found === undefined || found.length === 0 || look === looksMax) return found
    }
  }

  /** The served build stands still, nobody acts by it, the other is as far, and the record moves: all under the lease. */
  const flip = async (to: Build): Promise<void> => {
    const record = await records.read(opened.model)
    const served = await opened.open(record?.served ?? first.served)
    const held: string[] = []
    try {
      const place = await served.runner.hold()
      for (const effect of (await effects?.(served.model)) ?? []) {
        if (!(await leases.take(effect, worker, leaseMs))) return
        held.push(effect)
      }
      if (!(await to.runner.reached(place, flipMsMax))) return
      if (!(await leases.take(`projection ${schema.name}`, holder, leaseMs))) return
      const turned = await change(turnTo(to.build))
      if ('refused' in turned) return
      world.turned(to)
      logger.info('a rebuilt read model is served', { projection: schema.name, build: to.build, was: served.build })
    } finally {
      served.runner.release()
      for (const effect of held) await leases.release(effect, worker)
    }
  }

  const clear = async ({ dropping }: BuildsRecord): Promise<void> => {
    for (const { build, since } of dropping) {
      if (clock.now() - since < graceMs) continue
      await opened.drop(build)
      await change(dropped(build))
    }
  }

  const step = async (feeding: Map<number, Feeding>, signal: AbortSignal): Promise<void> => {
    const record = await change(ofLog(world.logId, fold, clock.now()))
    if ('refused' in record) return
    const { candidate, former, back } = record
    if (candidate !== undefined) await prepare(candidate)
    await feed(record, feeding)
    await clear(record)
    for (const build of feeding.keys()) await (await opened.open(build)).runner.learn()
    if (back === true && former !== undefined) await flip(await opened.open(former.build))
    else if (candidate !== undefined) await judge(record, candidate, signal)
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    const feeding = new Map<number, Feeding>()
    while (!signal.aborted) {
      try {
        await step(feeding, signal)
      } catch (error) {
        logger[loudness(error)]('builds not looked after, trying again', {
          projection: schema.name,
          error: String(error),
        })
      }
      await world.asked(signal)
    }
    for (const { stop } of feeding.values()) stop.abort()
    await Promise.all([...feeding.values()].map(({ done }) => done))
  }
  return { run }
}
