/** What the embedded stores cost: appends, replay, applying to read models, reading ranges; beside bare SQLite. */
import { DatabaseSync } from '@photostructure/sqlite'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openEmbeddedReadModels } from '#src/adapters/embedded/views/readModels.js'
import { sealedMeta } from '#src/events/form/checksum.js'
import type { EventStore, NewEvent } from '#src/ports/eventStore.js'
import { origin, type Position } from '#src/ports/position.js'
import type { ReadModel, Schema } from '#src/ports/readModels.js'
import { newSalt } from '#src/streams/salts.js'

type Line = { readonly what: string; readonly figure: string }

export const bench = {
  name: 'stores',
  run: async (): Promise<void> => {
    const directory = mkdtempSync(join(tmpdir(), 'homeserver-bench-'))
    try {
      const lines = [
        ...(await bareSqlite(directory)),
        ...(await appends(join(directory, 'appends'))),
        ...(await replay(join(directory, 'appends'))),
      ]
      for (const { what, figure } of lines) process.stdout.write(`${what.padEnd(48)} ${figure}\n`)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

/** What some work took: wall-clock time, and CPU time of all threads, which a busy machine distorts less. */
type Cost = { readonly ms: number; readonly cpuMs: number }

const rate = (count: number, { ms, cpuMs }: Cost): string =>
  `${Math.round((count * 1_000) / ms).toLocaleString('en')} /s, ${((cpuMs * 1_000) / count).toFixed(1)} µs CPU each`
const perRow = (count: number, { ms }: Cost): string => `${((ms * 1_000) / count).toFixed(1)} µs/row`

const payload = randomBytes(300).toString('base64url')
const newEvent = (): NewEvent => ({
  id: randomUUID(),
  type: 'MessageAccepted',
  data: { message: payload },
  meta: { v: 1, at: 1_700_000_000_000, command: randomUUID(), bodyHash: 'x'.repeat(43) },
})

/** As every event is appended: with its salt and its checksum. */
const sealedEvent = (stream: string): NewEvent => {
  const event = newEvent()
  return { ...event, meta: sealedMeta({ ...event, stream }, newSalt()) }
}

const timed = async (work: () => Promise<unknown>): Promise<Cost> => {
  const started = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { ms: performance.now() - started, cpuMs: (user + system) / 1_000 }
}

/** The machine's own limits: one fsync per row, and one per 256 rows, into a bare table of the same rows. */
const bareSqlite = async (directory: string): Promise<readonly Line[]> => {
  const database = new DatabaseSync(join(directory, 'bare.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (p INTEGER PRIMARY KEY, j TEXT)')
  const insert = database.prepare('INSERT INTO t (j) VALUES (?)')
  const text = JSON.stringify(newEvent())
  const inGroups = async (groups: number, size: number): Promise<string> => {
    const write = (): Promise<void> => {
      for (let group = 0; group < groups; group++) {
        database.exec('BEGIN')
        for (let n = 0; n < size; n++) insert.run(text)
        database.exec('COMMIT')
      }
      return Promise.resolve()
    }
    return rate(groups * size, await timed(write))
  }
  const lines = [
    { what: 'bare SQLite: rows, one by one, each durable', figure: await inGroups(1_000, 1) },
    { what: 'bare SQLite: rows, 256 in a transaction', figure: await inGroups(200, 256) },
  ]
  database.close()
  return lines
}

/** So many writers, each with one append under way at a time, to a few streams. */
const appendAll = async (store: EventStore, writers: number, count: number, size = 1): Promise<string> => {
  const one = async (writer: number): Promise<void> => {
    const stream = `messages-${writer % 50}`
    for (let n = 0; n < count / writers / size; n++)
      await store.append(
        stream,
        Array.from({ length: size }, () => sealedEvent(stream)),
        'any',
      )
  }
  return rate(count, await timed(() => Promise.all(Array.from({ length: writers }, (_, n) => one(n)))))
}

const appends = async (directory: string): Promise<readonly Line[]> => {
  const store = await openEmbeddedEventStore({ directory })
  const stop = new AbortController()
  let followed = 0
  const following = (async () => {
    for await (const { events } of store.follow({ after: origin, signal: stop.signal })) followed += events.length
  })()
  await appendAll(store, 32, 2_000)
  const lines = [{ what: 'append, one after another', figure: await appendAll(store, 1, 2_000) }]
  for (const writers of [32, 256]) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    lines.push({ what: `append, ${writers} under way`, figure: await appendAll(store, writers, 60_000) })
    delay.disable()
    const p99 = (delay.percentile(99) / 1e6).toFixed(1)
    lines.push({ what: `event-loop delay meanwhile, p99`, figure: `${p99} ms` })
  }
  lines.push({ what: 'append, 100 events each, 8 under way', figure: await appendAll(store, 8, 80_000, 100) })
  lines.push({ what: 'events a follower received live', figure: followed.toLocaleString('en') })
  stop.abort()
  await following
  await store.close()
  return lines
}

const schema: Schema = {
  name: 'messages',
  version: 1,
  tables: {
    messages: { key: ['group', 'position'], indexes: {} },
    users: { key: ['user'], indexes: { byHandle: ['handle'] } },
  },
}
const batchEvents = 1_000

const replay = async (directory: string): Promise<readonly Line[]> => {
  const store = await openEmbeddedEventStore({ directory })
  const readModels = await openEmbeddedReadModels({ directory })
  const model = await readModels.open(schema, 'log')
  const lines: Line[] = []

  let read = 0
  const reading = await timed(async () => {
    let after: Position = origin
    for (;;) {
      const page = await store.readAll({ after, limit: batchEvents })
      const last = page.at(-1)
      if (last === undefined) return
      read += page.length
      after = last.position
    }
  })
  lines.push({ what: 'readAll', figure: rate(read, reading) })

  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const applying = await timed(() => applyAll(store, model))
  delay.disable()
  lines.push({ what: 'replay into a read model, a row of each event', figure: rate(read, applying) })
  lines.push({ what: 'event-loop delay meanwhile, p99', figure: `${(delay.percentile(99) / 1e6).toFixed(1)} ms` })

  let rows = 0
  const ranging = await timed(async () => {
    for (let n = 0; n < 200; n++) {
      const range = { table: 'messages', index: 'key', prefix: [`messages-${n % 50}`], after: [origin], limit: 500 }
      rows += (await model.range(range)).length
    }
  })
  lines.push({ what: 'range of 500 rows', figure: perRow(rows, ranging) })
  const getting = await timed(async () => {
    for (let n = 0; n < 20_000; n++) await model.get('users', ['nobody'])
  })
  lines.push({ what: 'get', figure: perRow(20_000, getting) })
  await readModels.close()
  await store.close()
  return lines
}

/** Reads the next page while the last one is applied, as a rebuild may. */
const applyAll = async (store: EventStore, model: ReadModel): Promise<void> => {
  let after: Position = origin
  let applied: Promise<unknown> = Promise.resolve()
  for (;;) {
    const page = await store.readAll({ after, limit: batchEvents })
    const last = page.at(-1)
    await applied
    if (last === undefined) return
    const changes = page.map((event) => ({
      table: 'messages',
      put: { group: event.stream, position: event.position, id: event.id, data: event.data as { message: string } },
    }))
    applied = model.apply(changes, last.position, after)
    after = last.position
  }
}
