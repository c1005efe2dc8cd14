/**
 * What the EventStoreDB adapter costs beside the raw client, in the same run: appends, catching up, and the time from an
 * append to its delivery. Against the server at EVENTSTORE_URL, or the test server in a process of its own.
 */
import { EventStoreDBClient, binaryEvent, excludeSystemEvents } from '@eventstore/db-client'
import { randomBytes, randomUUID } from 'node:crypto'
import { openEventStoreDB, type EventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { exportEvents, readExport, type Exported } from '#src/cli/exportFile.js'
import { importEvents } from '#src/cli/importEvents.js'
import { sealedMeta } from '#src/events/form/checksum.js'
import type { NewEvent } from '#src/ports/eventStore.js'
import { origin, type Position } from '#src/ports/position.js'
import { quietLogger } from '../test/adapters/eventStoreDB/quietLogger.js'
import { spawnTestServer } from '../test/adapters/eventStoreDB/server/spawn.js'

type Row = {
  readonly work: string
  readonly adapter: number
  readonly 'raw client': number
  readonly 'adapter / raw': string
}

const rounds = 7
const text = 'x'.repeat(600)
const meta = { v: 1, at: 1_700_000_000_000, command: randomUUID(), bodyHash: 'x'.repeat(43) }
const newEvent = (): NewEvent => ({ id: randomUUID(), type: 'Benched', data: { text }, meta })

const run = async (): Promise<void> => {
  const given = process.env['EVENTSTORE_URL']
  const server = given === undefined ? await spawnTestServer() : undefined
  const url = given ?? server?.url ?? ''
  const client = EventStoreDBClient.connectionString(url)
  const store = openEventStoreDB({ url, logger: quietLogger(), clock: systemClock })
  try {
    const problems = await store.check()
    if (problems.length > 0) throw new Error(problems.join('; '))
    console.log(server === undefined ? `against ${store.description}` : 'against the test server, in another process')
    console.log(await imported(store))
    const rows: Row[] = []
    for (const writers of [1, 32]) rows.push(await compareAppends(store, client, writers))
    rows.push(await compareCatchUp(store, client))
    console.table(rows)
    console.log(`append to delivery through the adapter: p50 ${(await deliveryMs(store)).toFixed(1)} ms`)
  } finally {
    await store.close()
    await client.dispose()
    await server?.kill()
  }
}

const importedEvents = 20_000
const importedStreams = 200

/** As `homeserver events import` does it, of messages that lie in the log by turns: each is an append of its own. */
const imported = async (store: EventStoreDB): Promise<string> => {
  if ((await store.head()) !== origin) return 'events import: not measured, the log is not empty'
  const source = await exportOf(importedEvents)
  const started = performance.now()
  const before = process.cpuUsage()
  await importEvents({
    events: store,
    open: source,
    now: () => Date.now(),
    random: randomBytes,
    replaceLog: () => Promise.resolve(),
  })
  const { user, system } = process.cpuUsage(before)
  const perSecond = Math.round((importedEvents * 1_000) / (performance.now() - started)).toLocaleString('en')
  return `events import: ${perSecond} events/s, ${((user + system) / importedEvents).toFixed(0)} µs of CPU each (aim 5,000 /s)`
}

const exportOf = async (count: number): Promise<(examined?: string) => Promise<Exported>> => {
  const events = openMemoryEventStore()
  for (let n = 0; n < count; n++) {
    const stream = `messages-${n % importedStreams}`
    const event = { ...newEvent(), type: 'MessageAccepted' }
    await events.append(stream, [{ ...event, meta: sealedMeta({ ...event, stream }, randomBytes(16)) }], 'any')
  }
  const lines: string[] = []
  await exportEvents(events, { domain: 'bench.example', logId: 'bench' }, (line) => {
    lines.push(line.trimEnd())
    return Promise.resolve()
  })
  const read = async function* () {
    for (const line of lines) yield await Promise.resolve(line)
  }
  return (examined) => readExport(read(), examined)
}

/** Rounds by turns, so that what else the machine does slows both; the median of each. */
const compare = async (work: string, adapter: () => Promise<number>, raw: () => Promise<number>): Promise<Row> => {
  const [ours, theirs]: [number[], number[]] = [[], []]
  await adapter()
  await raw()
  for (let round = 0; round < rounds; round++) {
    ours.push(await adapter())
    theirs.push(await raw())
  }
  const [our, their] = [median(ours), median(theirs)]
  return {
    work,
    adapter: Math.round(our),
    'raw client': Math.round(their),
    'adapter / raw': `${Math.round((100 * our) / their)} %`,
  }
}

const compareAppends = (store: EventStoreDB, client: EventStoreDBClient, writers: number): Promise<Row> => {
  const each = Math.round(2_000 / writers / (writers === 1 ? 4 : 1))
  const perSecond = (append: (stream: string) => Promise<unknown>) => () =>
    rate(each * writers, () =>
      Promise.all(
        Array.from({ length: writers }, async () => {
          const stream = `bench-${randomUUID()}`
          for (let n = 0; n < each; n++) await append(stream)
        }),
      ),
    )
  return compare(
    `appends/s, ${writers} ${writers === 1 ? 'writer' : 'writers'}`,
    perSecond((stream) => store.append(stream, [newEvent()], 'any')),
    perSecond((stream) => client.appendToStream(stream, [rawEvent()])),
  )
}

const rawEvent = () => {
  const { id, type, data } = newEvent()
  return binaryEvent({ id, type, data: Buffer.from(JSON.stringify(data)), metadata: Buffer.from(JSON.stringify(meta)) })
}

/** The raw client's subscription is the fastest way that it has to read on. */
const compareCatchUp = async (store: EventStoreDB, client: EventStoreDBClient): Promise<Row> => {
  const after = await store.head()
  const wanted = 10_000
  for (let n = 0; n < wanted; n += 500)
    await store.append(`bench-${randomUUID()}`, Array.from({ length: 500 }, newEvent), 'none')
  const fromPosition = { commit: BigInt(after), prepare: BigInt(after) }
  return compare(
    'events/s, catching up',
    () => rate(wanted, () => followed(store, after, wanted)),
    () =>
      rate(wanted, async () => {
        const subscription = client.subscribeToAll({ fromPosition, filter: excludeSystemEvents() })
        let seen = 0
        for await (const { event } of subscription) {
          if (event !== undefined) JSON.parse(Buffer.from(event.data as Uint8Array).toString())
          if (++seen === wanted) break
        }
        await subscription.unsubscribe()
      }),
  )
}

const followed = async (store: EventStoreDB, after: Position, wanted: number): Promise<void> => {
  const stop = new AbortController()
  let seen = 0
  for await (const { events } of store.follow({ after, signal: stop.signal })) {
    seen += events.length
    if (seen >= wanted) stop.abort()
  }
}

const deliveryMs = async (store: EventStoreDB): Promise<number> => {
  const stop = new AbortController()
  const batches = store.follow({ after: await store.head(), signal: stop.signal })[Symbol.asyncIterator]()
  await batches.next()
  const times: number[] = []
  for (let n = 0; n < 300; n++) {
    const started = performance.now()
    const delivered = batches.next()
    await store.append('bench-delivery', [newEvent()], 'any')
    await delivered
    times.push(performance.now() - started)
  }
  stop.abort()
  return median(times)
}

const rate = async (count: number, work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return (count * 1_000) / (performance.now() - started)
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

export const bench = { name: 'EventStoreDB: the adapter beside the raw client', run }
