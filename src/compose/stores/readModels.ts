/** The read models and what keeps them level with the log: one runner for each projection. */
import type { ReadSide } from './stores.js'
import { besideOthers } from '../../adapters/system/turns.js'
import { decryptUnderSubjectKey } from '../../events/form/underSubjectKey.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Keys } from '../../ports/keys.js'
import type { Limits } from '../../limits/limits.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Position } from '../../ports/position.js'
import { outboxProjection } from '../../federation/outbox/projection.js'
import { outboxView } from '../../federation/outbox/view.js'
import type { OutboxView } from '../../federation/outbox/view.js'
import { assetsProjection } from '../../projections/assets/projection.js'
import { openRecords } from '../../projections/builds/records.js'
import { serveModel } from '../../projections/builds/served.js'
import type { ServedModel } from '../../projections/builds/served.js'
import { assetQueries } from '../../projections/assets/queries.js'
import type { AssetQueries } from '../../projections/assets/queries.js'
import { directoryProjection } from '../../projections/directory/projection.js'
import { directoryOf } from '../../projections/directory/queries.js'
import type { Directory } from '../../projections/directory/queries.js'
import { unlessBehind } from '../../projections/directory/unlessBehind.js'
import { groupsProjection } from '../../projections/groups/projection.js'
import { groupQueries } from '../../projections/groups/queries.js'
import type { GroupQueries } from '../../projections/groups/queries.js'
import { reportQueries } from '../../projections/groups/reportQueries.js'
import type { ReportQueries } from '../../projections/groups/reportQueries.js'
import type { Projection } from '../../projections/projection.js'
import { frameCache } from '../../projections/queues/frameCache.js'
import { queuesProjection } from '../../projections/queues/projection.js'
import type { OpenReference } from '../../items/references.js'
import { recipientsIn } from '../../projections/queues/recipients.js'
import type { Recipients } from '../../projections/queues/recipients.js'
import { queueView } from '../../projections/queues/view.js'
import type { QueueView } from '../../projections/queues/view.js'
import type { Runner } from '../../projections/runner.js'

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
  readonly domain: Domain
  /** Whether other servers may follow groups here. */
  readonly federates: boolean
}

export type NamedRunner = { readonly name: string; readonly runner: Runner }

export type ServedReadModels = {
  readonly directory: Directory
  readonly groups: GroupQueries
  /** Of the same read model: what people report. */
  readonly reports: ReportQueries
  readonly queues: QueueView
  /** Whose queues show what: of the same read model. */
  readonly recipients: Recipients
  readonly assets: AssetQueries
  /** What other servers have not got yet; undefined where none may follow. */
  readonly outbox: OutboxView | undefined
  /** Each with its builds, to be looked at and rebuilt. */
  readonly models: readonly ServedModel[]
  readonly runners: readonly NamedRunner[]
  readonly runnerOf: (name: string) => Runner
  /** Every projection that clients ask has applied everything up to a position; false when that took longer than `timeoutMs`. */
  readonly reached: (position: Position, timeoutMs: number) => Promise<boolean>
  /** The same of all that is in the log now. */
  readonly level: () => Promise<boolean>
  /** Every projection there is has applied all that is in the log now. */
  readonly levelOfAll: () => Promise<boolean>
  /** The same of one of them. */
  readonly levelOf: (name: string) => Promise<boolean>
  readonly run: (signal: AbortSignal) => Promise<void>
}

export const serveReadModels = async (deps: ReadModelsDependencies): Promise<ServedReadModels> => {
  const { events, readSide, clock, logger, holder, limits, logId } = deps
  const models: ServedModel[] = []
  const records = await openRecords(readSide.readModels)
  const { readModels, leases } = readSide

  const serve = async (projection: Projection): Promise<ServedModel> => {
    const world = { projection, readModels, records, logId, events, clock, logger, pause: besideOthers, leases, holder }
    const model = await serveModel(world)
    models.push(model)
    return model
  }

  const directoryModel = await serve(directoryProjection(readHandles(deps.keys)))
  const directory = unlessBehind(directoryModel.queries(directoryOf), () => levelOf(directoryModel.name))
  const groupsModel = await serve(groupsProjection(deps.openReference))
  const groups = groupsModel.queries(groupQueries)
  const assets = (await serve(assetsProjection)).queries(assetQueries)
  const queuesModel = await serve(
    queuesProjection({ domain: deps.keys.server.domain, open: deps.openReference, mayRepeat: !events.exclusive }),
  )
  // Frames belong to the rows that they were made of.
  const queues = queuesModel.queries((model) => queueView({ model, cache: frameCache(frameCacheBytes), logId, limits }))
  // Nobody who reads waits for what is sent to others.
  const asked = [...models]
  const outbox = deps.federates ? (await serve(outboxProjection(deps.domain))).queries(outboxView) : undefined
  const runners: readonly NamedRunner[] = models

  const runnerOf = (name: string): Runner => {
    const found = runners.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no such projection: ${name}`)
    return found.runner
  }
  const levelOf: ServedReadModels['levelOf'] = async (name) =>
    runnerOf(name).reached(await events.head(), limits.readWaitMsMax)
  const reachedBy = async (some: readonly Runner[], position: Position, timeoutMs: number): Promise<boolean> => {
    const met = await Promise.all(some.map((runner) => runner.reached(position, timeoutMs)))
    return met.every(Boolean)
  }
  const reached: ServedReadModels['reached'] = (position, timeoutMs) =>
    reachedBy(
      asked.map(({ runner }) => runner),
      position,
      timeoutMs,
    )
  const run: ServedReadModels['run'] = async (signal) => {
    await Promise.all(models.map((model) => model.run(signal)))
  }
  return {
    directory,
    groups,
    reports: groupsModel.queries(reportQueries),
    queues,
    recipients: queuesModel.queries(recipientsIn),
    assets,
    outbox,
    models,
    runners,
    runnerOf,
    reached,
    level: async () => reached(await events.head(), limits.readWaitMsMax),
    levelOfAll: async () =>
      reachedBy(
        models.map(({ runner }) => runner),
        await events.head(),
        limits.readWaitMsMax,
      ),
    levelOf,
    run,
  }
}

const readHandles =
  ({ subjects }: Keys) =>
  async (user: Parameters<Keys['subjects']['get']>[0], encrypted: string): Promise<string | undefined> => {
    const key = await subjects.get(user)
    return key === undefined ? undefined : decryptUnderSubjectKey(key, { user, field: 'handle' }, encrypted)
  }
