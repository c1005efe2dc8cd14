/** One server of the simulation: real rooms on memory adapters, driven by hand, so that every seed is one history. */
import { openMemoryBlobs } from '#src/adapters/memory/blobs.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { peerAggregate } from '#src/commands/peer/peer.js'
import { resetPeer } from '#src/commands/peer/peerActs.js'
import { initialiseServer, serverAggregate } from '#src/commands/server/server.js'
import { peerStream } from '#src/events/peerOutbox.js'
import { serverStream } from '#src/events/server.js'
import type { Notify } from '#src/federation/item.js'
import type { QueueLimits } from '#src/federation/outbox/falling.js'
import { outboxProjection } from '#src/federation/outbox/projection.js'
import { outboxSchema } from '#src/federation/outbox/schema.js'
import { outboxView } from '#src/federation/outbox/view.js'
import type { OutboxView } from '#src/federation/outbox/view.js'
import { makeOutboxWorker } from '#src/federation/outbox/worker.js'
import type { OutboxWorker } from '#src/federation/outbox/worker.js'
import { makeRecord } from '#src/federation/record/record.js'
import type { FollowerRecord } from '#src/federation/record/record.js'
import { placedOf } from '#src/items/placed.js'
import type { Domain } from '#src/mls/wire/ids.js'
import type { Blobs } from '#src/ports/blobs.js'
import type { EventStore } from '#src/ports/eventStore.js'
import type { ReadModel } from '#src/ports/readModels.js'
import type { Projection } from '#src/projections/projection.js'
import { workingSet } from '#src/projections/workingSet.js'
import { derivedId } from '#src/streams/commandId.js'
import { withNamesInLog } from '#src/streams/namesInLog.js'
import { makeStreams } from '#src/streams/streams.js'
import type { Streams } from '#src/streams/streams.js'
import { silentLogger } from '../../support/silentLogger.js'
import { policy } from './people.js'
import type { Chance } from './random.js'

export type Server = {
  readonly domain: Domain
  readonly events: EventStore
  readonly blobs: Blobs
  readonly streams: () => Streams
  readonly record: () => FollowerRecord
  readonly worker: () => OutboxWorker
  readonly view: () => OutboxView
  /** The outbox sees the log up to here and now. */
  readonly project: () => Promise<void>
  /** Everything that is only in memory is gone. */
  readonly crash: () => void
  /** The operator has what stands still of another looked at again. */
  readonly reset: (peer: Domain) => Promise<void>
  /** How often something was done for a peer under its lease, and how often rows were read. */
  readonly held: () => number
  readonly reads: () => number
  /** The outbox is made anew from the log. */
  readonly rebuild: () => Promise<void>
}

export type ServerOptions = {
  readonly domain: Domain
  readonly now: () => number
  readonly chance: Chance
  readonly notify: Notify
  /** Planted: another projection than the real one. */
  readonly projectionOf?: (real: Projection, rebuilding: boolean) => Projection
  readonly limits?: QueueLimits
}

/** Small, so that messages fall out in a simulation too. */
const smallLimits: QueueLimits = {
  peerQueueMessagesMax: 12,
  peerQueueBytesMax: 1_000_000,
  peerQueueAgeMsMax: 30 * 24 * 3_600_000,
}

/** One round over all peers whose time has come; resolves when every request of it was answered, or failed. */
export const roundOf = async (worker: Pick<OutboxWorker, 'due' | 'serve'>): Promise<void> => {
  await Promise.all((await worker.due()).map((peer) => worker.serve(peer)))
}

export const openServer = async (options: ServerOptions): Promise<Server> => {
  const { domain, now, chance, notify, limits = smallLimits } = options
  let rebuilding = false
  const projectionOf = (one: Projection): Projection => options.projectionOf?.(one, rebuilding) ?? one
  const events = withNamesInLog(openMemoryEventStore())
  const blobs = openMemoryBlobs({ now })
  const snapshots = openMemorySnapshots()
  const clock = { now, sleep: () => Promise.resolve() }
  let acts = 0
  let held = 0
  let reads = 0
  const openModel = async (): Promise<ReadModel> => {
    const opened = await openMemoryReadModels().open(outboxSchema, 'log')
    return {
      ...opened,
      get: (...asked) => (reads++, opened.get(...asked)),
      range: (...asked) => (reads++, opened.range(...asked)),
    }
  }
  const real = outboxProjection(domain)
  let model = await openModel()

  const project = async (): Promise<void> => {
    const projection = projectionOf(real)
    for (;;) {
      const after = await model.checkpoint()
      const page = await events.readAll({ after, limit: 100 })
      const last = page.at(-1)
      if (last === undefined) return
      const rows = workingSet(model, outboxSchema.tables)
      for (const stored of page) await projection.project(placedOf(stored), rows)
      await model.apply(rows.changes(), last.position, after)
    }
  }

  const furnish = () => {
    const streams = makeStreams({
      events,
      snapshots,
      blobOf: (digest) => blobs.get(digest),
      cacheBytesMax: 50_000_000,
      pause: () => Promise.resolve(),
    })
    const view = outboxView(model)
    const logger = silentLogger
    const leases = openMemoryLeases({ now })
    return {
      streams,
      view,
      record: makeRecord({
        streams,
        blobs,
        clock,
        domain,
        policy: () => Promise.resolve(policy),
        events,
        leases,
        logger,
        holder: 'one',
      }),
      worker: makeOutboxWorker({
        ...{ streams, events, blobs, view, notify, clock, random: chance, logger, limits },
        hold: (_peer, work) => (held++, work(false)),
        speaksTo: (_peer, policy) => policy !== 'blocked',
      }),
    }
  }
  let rooms = furnish()
  const first = { id: derivedId(domain, 'begin'), bodyHash: '', at: now() }
  const begin = initialiseServer({ domain, logId: domain, keysFingerprint: domain })
  await rooms.streams.execute(serverAggregate, serverStream, first, begin)

  return {
    domain,
    events,
    blobs,
    streams: () => rooms.streams,
    record: () => rooms.record,
    worker: () => rooms.worker,
    view: () => rooms.view,
    project,
    reset: async (peer) => {
      const command = { id: derivedId('test', 'reset', String(++acts)), bodyHash: 'test', at: now() }
      await rooms.streams.execute(peerAggregate, peerStream(peer), command, resetPeer({ act: acts }))
    },
    held: () => held,
    reads: () => reads,
    crash: () => {
      rooms = furnish()
    },
    rebuild: async () => {
      model = await openModel()
      rebuilding = true
      await project()
      rebuilding = false
      rooms = furnish()
    },
  }
}
