/** The read models and what keeps them level with the log: one runner for each projection. */
import type { ReadSide } from './stores.js'
import { decryptUnderSubjectKey } from '../events/underSubjectKey.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Keys } from '../ports/keys.js'
import type { Limits } from '../limits/limits.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Position } from '../ports/position.js'
import { assetsProjection } from '../projections/assets/projection.js'
import { assetQueries } from '../projections/assets/queries.js'
import type { AssetQueries } from '../projections/assets/queries.js'
import { directoryProjection } from '../projections/directory/projection.js'
import { directoryOf } from '../projections/directory/queries.js'
import type { Directory } from '../projections/directory/queries.js'
import { groupsProjection } from '../projections/groups/projection.js'
import { groupQueries } from '../projections/groups/queries.js'
import type { GroupQueries } from '../projections/groups/queries.js'
import { leased } from '../projections/leased.js'
import type { Projection } from '../projections/projection.js'
import { frameCache } from '../projections/queues/frameCache.js'
import { queuesProjection } from '../projections/queues/projection.js'
import type { OpenReference } from '../items/references.js'
import { recipientsIn } from '../projections/queues/recipients.js'
import type { Recipients } from '../projections/queues/recipients.js'
import { queueView } from '../projections/queues/view.js'
import type { QueueView } from '../projections/queues/view.js'
import { makeRunner } from '../projections/runner.js'
import type { Runner } from '../projections/runner.js'

/** Pages of queues that were read are kept as ready frames: the next reader of the same events costs no JSON. */
const frameCacheBytes = 32 * 1024 * 1024

export type ReadModelsDependencies = {
  readonly events: EventStore
  readonly readSide: ReadSide
  readonly keys: Keys
  readonly logId: string
  readonly openReference: OpenReference
  readonly limits: Limits
  readonly clock: Clock
  readonly logger: Logger
  /** This process, for the leases. */
  readonly holder: string
}

export type NamedRunner = { readonly name: string; readonly runner: Runner }

export type ServedReadModels = {
  readonly directory: Directory
  readonly groups: GroupQueries
  readonly queues: QueueView
  /** Whose queues show what: of the same read model. */
  readonly recipients: Recipients
  readonly assets: AssetQueries
  readonly runners: readonly NamedRunner[]
  readonly runnerOf: (name: string) => Runner
  /** Every projection has applied everything up to a position; false when that took longer than `timeoutMs`. */
  readonly reached: (position: Position, timeoutMs: number) => Promise<boolean>
  /** Every projection has applied all that is in the log now. */
  readonly level: () => Promise<boolean>
  /** The same of one of them. */
  readonly levelOf: (name: string) => Promise<boolean>
  readonly run: (signal: AbortSignal) => Promise<void>
}

export const serveReadModels = async (deps: ReadModelsDependencies): Promise<ServedReadModels> => {
  const { events, readSide, clock, logger, holder, limits, logId } = deps
  const runners: NamedRunner[] = []

  const open = async (projection: Projection) => {
    const model = await readSide.readModels.open(projection.schema, logId)
    runners.push({ name: projection.schema.name, runner: makeRunner({ projection, model, events, clock, logger }) })
    return model
  }

  const directory = directoryOf(await open(directoryProjection(readHandles(deps.keys))))
  const groups = groupQueries(await open(groupsProjection(deps.openReference)))
  const assets = assetQueries(await open(assetsProjection))
  const queuesModel = await open(
    queuesProjection({ domain: deps.keys.server.domain, open: deps.openReference, mayRepeat: !events.exclusive }),
  )
  const queues = queueView({ model: queuesModel, cache: frameCache(frameCacheBytes), logId, limits })

  const runnerOf = (name: string): Runner => {
    const found = runners.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no such projection: ${name}`)
    return found.runner
  }
  let stop = (): void => undefined
  /** Once the runners stop, what was not reached will not be: nobody waits out the time for it. */
  const stopped = new Promise<readonly false[]>((resolve) => {
    stop = () => {
      resolve([false])
    }
  })
  const reachedBy = async (some: readonly Runner[], position: Position, timeoutMs: number): Promise<boolean> => {
    const met = Promise.all(some.map((runner) => runner.reached(position, timeoutMs)))
    return (await Promise.race([met, stopped])).every(Boolean)
  }
  const reached: ServedReadModels['reached'] = (position, timeoutMs) =>
    reachedBy(
      runners.map(({ runner }) => runner),
      position,
      timeoutMs,
    )
  const run: ServedReadModels['run'] = async (signal) => {
    signal.addEventListener('abort', stop, { once: true })
    const work = runners.map(({ name, runner }) =>
      leased(`projection ${name}`, { leases: readSide.leases, clock, logger, holder }, runner.run, signal),
    )
    await Promise.all(work)
  }
  return {
    directory,
    groups,
    queues,
    recipients: recipientsIn(queuesModel),
    assets,
    runners,
    runnerOf,
    reached,
    level: async () => reached(await events.head(), limits.readWaitMsMax),
    levelOf: async (name) => reachedBy([runnerOf(name)], await events.head(), limits.readWaitMsMax),
    run,
  }
}

const readHandles =
  ({ subjects }: Keys) =>
  async (user: Parameters<Keys['subjects']['get']>[0], encrypted: string): Promise<string | undefined> => {
    const key = await subjects.get(user)
    return key === undefined ? undefined : decryptUnderSubjectKey(key, { user, field: 'handle' }, encrypted)
  }
