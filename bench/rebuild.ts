/** What a rebuild while serving costs: beside a bare fold of the same log, and whoever sends and fetches meanwhile. `EVENTS=100000`. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openEmbeddedReadModels } from '#src/adapters/embedded/views/readModels.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { besideOthers } from '#src/adapters/system/turns.js'
import { limitDefaults } from '#src/limits/limits.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { openRecords } from '#src/projections/builds/records.js'
import { serveModel } from '#src/projections/builds/served.js'
import { frameCache } from '#src/projections/queues/frameCache.js'
import { queuesProjection } from '#src/projections/queues/projection.js'
import { queueView } from '#src/projections/queues/view.js'
import { makeRunner } from '#src/projections/runner.js'
import {
  groupNumber,
  leaf,
  logId,
  makeWorld,
  openSealed,
  queueNumber,
  domain,
} from '../test/projections/queues/world.js'
import { silentLogger } from '../test/support/silentLogger.js'

const events = Number(process.env['EVENTS'] ?? 60_000)
const groups = 200
/** Others meanwhile: a send and a fetch of the newest, so often. */
const everyMs = 10
const quietMs = 8_000
/** As often as `homeserver projections rebuild` looks how far it is. */
const lookMs = 200
const partMin = 0.7

const projection = queuesProjection({ domain, open: openSealed, mayRepeat: false })
const p99 = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0

export const bench = {
  name: 'rebuild',
  run: async (): Promise<void> => {
    const directory = await mkdtemp(join(tmpdir(), 'homeserver-bench-'))
    const log = await openEmbeddedEventStore({ directory })
    const world = await makeWorld({ from: log, startAt: Date.now() })
    await fill(world)
    const bare = await bareFold(directory, log)
    const { quiet, loaded, rate } = await rebuild(directory, log, world)
    console.table([
      { what: 'events', figure: (await log.head()).toLocaleString('en') },
      { what: 'bare fold, events/s', figure: Math.round(bare).toLocaleString('en') },
      { what: 'rebuild while serving, events/s', figure: Math.round(rate).toLocaleString('en') },
      { what: `of the bare fold (floor ${partMin})`, figure: (rate / bare).toFixed(2) },
      { what: 'send and fetch p99, quiet', figure: `${p99(quiet).toFixed(1)} ms` },
      { what: 'send and fetch p99, meanwhile (at most doubled)', figure: `${p99(loaded).toFixed(1)} ms` },
    ])
    await log.close()
    await rm(directory, { recursive: true })
  },
}

type World = Awaited<ReturnType<typeof makeWorld>>

const fill = async (world: World): Promise<void> => {
  for (let n = 0; n < groups; n++) {
    await world.createQueue(queueNumber(n))
    await world.createGroup(groupNumber(n), queueNumber(n))
    await world.commit(groupNumber(n), 0, { added: [leaf(1, queueNumber((n + 1) % groups))] })
  }
  const text = 'x'.repeat(300)
  const writers = Array.from({ length: 64 }, async (_, writer) => {
    for (let n = writer; n < events; n += 64) await world.message(groupNumber(n % groups), 1, text)
  })
  await Promise.all(writers)
}

/** The same fold into the same kind of file, with nothing beside it. */
const bareFold = async (directory: string, log: EventStore): Promise<number> => {
  const readModels = await openEmbeddedReadModels({ directory: join(directory, 'bare') })
  const model = await readModels.open(projection.schema, logId)
  const runner = makeRunner({ projection, model, events: log, clock: systemClock, logger: silentLogger })
  const stop = new AbortController()
  const head = await log.head()
  const started = performance.now()
  const running = runner.run(stop.signal)
  await runner.reached(head, 600_000)
  const seconds = (performance.now() - started) / 1_000
  stop.abort()
  await running
  await readModels.close()
  return head / seconds
}

const rebuild = async (directory: string, log: EventStore, world: World) => {
  const readModels = await openEmbeddedReadModels({ directory })
  const served = await serveModel({
    projection,
    readModels,
    records: await openRecords(readModels),
    logId,
    events: log,
    clock: systemClock,
    logger: silentLogger,
    pause: besideOthers,
    leases: openMemoryLeases({ now: Date.now }),
    holder: 'bench',
  })
  const view = served.queries((model) => queueView({ model, cache: frameCache(1e7), logId, limits: limitDefaults }))
  const stop = new AbortController()
  const running = served.run(stop.signal)
  await served.runner.reached(await log.head(), 600_000)
  const over = new AbortController()
  const times: number[] = []
  const others = (async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      const started = performance.now()
      const place = await world.message(groupNumber(n % groups), 1, 'a message of those who go on')
      await served.runner.reached(place, 60_000)
      const row = await view.queue(queueNumber(n % groups))
      if (row !== undefined)
        await view.page(row, { after: place, limit: 100, bytesMax: 1e6, capped: true, now: Date.now() })
      times.push(performance.now() - started)
      await setTimeout(everyMs)
    }
  })()
  await setTimeout(quietMs)
  const quiet = times.splice(0)
  const head = await log.head()
  const started = performance.now()
  await served.ask('rebuild')
  let rate = 0
  for (;;) {
    const { candidate, served: now } = await served.standing()
    const { checkpoint = head } = candidate ?? {}
    if (checkpoint < head) rate = checkpoint / ((performance.now() - started) / 1_000)
    if (now.build === 2) break
    await setTimeout(lookMs)
  }
  over.abort()
  await others
  stop.abort()
  await running
  await readModels.close()
  return { quiet, loaded: times, rate }
}
