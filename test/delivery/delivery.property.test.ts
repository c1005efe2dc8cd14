/**
 * No interleaving of opens, drains, live events, slow connections and reconnects loses, repeats or reorders anything:
 * random runs over the memory adapters, every step of reading taken by a seeded scheduler.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Subject } from 'rxjs'
import type { Opened, Delivery } from '#src/delivery/delivery.js'
import { makeDelivery } from '#src/delivery/delivery.js'
import { deliveredOf } from '#src/delivery/delivered.js'
import type { LiveBatch } from '#src/delivery/delivered.js'
import type { Outlet } from '#src/delivery/outlet.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import { origin, toPosition } from '#src/ports/position.js'
import type { Position } from '#src/ports/position.js'
import { readCursor } from '#src/items/cursor.js'
import { logId, makeWorld, openSealed } from '../projections/queues/world.js'
import type { World } from '../projections/queues/world.js'
import { seeded } from '../ports/seeded.js'
import { groups, makeHistory, named, queues } from './history.js'
import type { Seeded } from '../ports/seeded.js'

const unsentBytesMax = 2_000

/** Lets everything run that waits for nothing but its turn. */
const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
}

/** A client with one queue: keeps what it got over all its connections, and reconnects where it was cut. */
class Client {
  readonly queue: QueueId
  readonly got: { readonly text: string; readonly position: Position }[] = []
  cursor: Position = origin
  opened: Opened | undefined
  slow = false
  failures: string[] = []
  emptyAt: { readonly head: Position; readonly count: number } | undefined
  private readonly inConnection = new Set<string>()
  private head: Position = origin
  private unsent = 0
  private waiting: (() => void)[] = []

  constructor(queue: QueueId) {
    this.queue = queue
  }

  private receive(bytes: Uint8Array): void {
    const { position: cursor } = JSON.parse(Buffer.from(bytes).toString()) as { readonly position: string }
    const read = readCursor(logId, cursor)
    if ('rejected' in read) throw new Error('not a cursor')
    const text = named(bytes)
    if (this.inConnection.has(cursor)) this.failures.push(`${text} at a position of another`)
    this.inConnection.add(cursor)
    if (this.inConnection.has(text)) this.failures.push(`${text} twice in one connection`)
    this.inConnection.add(text)
    if (read.position < this.cursor) this.failures.push(`${text} out of order`)
    this.cursor = read.position
    // At a position cut in two by a reconnect, the first part comes again.
    if (!this.got.some((one) => one.text === text)) this.got.push({ text, position: read.position })
  }

  connect(head: Position): Outlet {
    this.inConnection.clear()
    this.head = head
    this.unsent = 0
    let over = false
    const queued: Uint8Array[] = []
    this.cut = () => {
      over = true
      this.drain()
    }
    return {
      item: ({ bytes }) => {
        if (over) return
        queued.push(bytes)
        this.unsent += bytes.length
      },
      signal: () => undefined,
      queueEmpty: () => {
        if (over) return
        for (const bytes of queued.splice(0)) this.receive(bytes)
        this.emptyAt = { head: this.head, count: this.got.length }
      },
      flush: () => {
        if (over) return
        for (const bytes of queued.splice(0)) this.receive(bytes)
        if (!this.slow) this.unsent = 0
      },
      unsentBytes: () => this.unsent,
      ready: () =>
        this.unsent * 2 <= unsentBytesMax || over
          ? Promise.resolve()
          : new Promise((resolve) => this.waiting.push(resolve)),
      ended: () => {
        over = true
      },
    }
  }

  cut: () => void = () => undefined

  drain(): void {
    this.unsent = 0
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

type Run = {
  readonly world: World
  readonly random: Seeded
  readonly delivery: Delivery
  readonly clients: readonly Client[]
}

/** Every read waits at a gate before and after; the scheduler opens one at a time. */
const gated = (view: World['view'], gates: (() => void)[]): World['view'] => {
  const gate = (): Promise<void> => new Promise((resolve) => gates.push(resolve))
  const through =
    <A extends readonly unknown[], R>(read: (...asked: A) => Promise<R>) =>
    async (...asked: A): Promise<R> => {
      await gate()
      const answer = await read(...asked)
      await gate()
      return answer
    }
  return {
    ...view,
    page: through((row, options) => view.page(row, options)),
    memberships: through((queue, above) => view.memberships(queue, above)),
  }
}

const play = async (seed: number, steps: number): Promise<void> => {
  const random = seeded(seed)
  const world = await makeWorld()
  const gates: (() => void)[] = []
  const rings: (() => void)[] = []
  const live = new Subject<LiveBatch>()
  for (const queue of queues) await world.createQueue(queue)
  for (const group of groups) await world.createGroup(group, queues[0])
  const start = await world.events.head()
  const late = random.integer(2) === 0
  let later: () => void = () => undefined
  const delivery = makeDelivery({
    live,
    start,
    view: gated(world.view, gates),
    head: () => world.events.head(),
    logId,
    advanced: { arm: () => new Promise((resolve) => rings.push(resolve)) },
    clock: { now: () => 1_000, sleep: () => Promise.resolve() },
    limits: { fetchPageMax: 1 + random.integer(4), websocketUnsentBytesMax: unsentBytesMax },
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (message, fields) => {
        throw new Error(`${message} ${JSON.stringify(fields)}`)
      },
    },
    recent: { events: 1 + random.integer(12), bytes: 1e6 },
    pace: (flush) => {
      if (late) later = flush
      else flush()
    },
  })
  const clients = queues.map((queue) => new Client(queue))
  const run: Run = { world, random, delivery, clients }
  const history = makeHistory(run)

  let delivered = start
  const deliver = async (limit: number): Promise<boolean> => {
    const events = await world.events.readAll({ after: delivered, limit })
    if (events.length === 0) return false
    delivered = events.at(-1)?.position ?? delivered
    live.next({ delivered: events.map((event) => deliveredOf(event, { open: openSealed, logId })), upTo: delivered })
    return true
  }
  const project = async (limit: number): Promise<boolean> => {
    const any = (await world.project(limit)) > 0
    for (const ring of rings.splice(0)) ring()
    return any
  }
  const openGate = async (): Promise<boolean> => {
    const [gate] = gates.splice(random.integer(Math.max(1, gates.length)), 1)
    gate?.()
    await settle()
    return gate !== undefined
  }

  const actions: readonly (() => Promise<unknown>)[] = [
    history,
    history,
    history,
    () => deliver(1 + random.integer(4)),
    () => deliver(1 + random.integer(4)),
    () => project(1 + random.integer(6)),
    () => project(1 + random.integer(6)),
    openGate,
    openGate,
    openGate,
    openGate,
    () => {
      later()
      return settle()
    },
    () => reconnect(run, random.pick(clients)),
    async () => {
      const client = random.pick(clients)
      client.slow = !client.slow
      if (!client.slow) client.drain()
      await settle()
    },
  ]
  for (let step = 0; step < steps; step++) await random.pick(actions)()

  for (const client of clients) {
    client.slow = false
    client.drain()
    if (client.opened?.isOpen() !== true) await reconnect(run, client)
  }
  for (let idle = 0; idle < 3;) {
    const moved = [await deliver(3), await project(3), await openGate()]
    later()
    for (const client of clients) client.drain()
    await settle()
    idle = moved.includes(true) ? 0 : idle + 1
  }
  for (const client of clients) await check(run, client)
  live.complete()
}

const reconnect = async ({ world, delivery, random }: Run, client: Client): Promise<void> => {
  client.cut()
  // Closed first, or not: the newer consumer displaces the older.
  if (random.integer(2) === 0) client.opened?.close()
  const row = await world.view.queue(client.queue)
  if (row === undefined) return
  client.opened = delivery.open(row, client.cursor, client.connect(await world.events.head()))
}

const check = async ({ world }: Run, client: Client): Promise<void> => {
  const row = (await world.view.queue(client.queue))!
  const options = { after: origin, limit: 10_000, bytesMax: 1e9, capped: false, now: 0 }
  const { frames } = await world.view.page({ ...row, acknowledged: origin }, options)
  const expected = frames.map(({ bytes }) => named(bytes))
  expect(client.failures.join('; '), client.queue).to.equal('')
  expect(client.got.map(({ text }) => text).join(' '), client.queue).to.equal(expected.join(' '))
  expect(client.emptyAt, 'queueEmpty was sent').to.not.equal(undefined)
  const head = client.emptyAt?.head ?? origin
  const standing = frames.filter(({ position }) => position <= head).length
  expect(client.emptyAt?.count).to.be.at.least(standing)
  expect(toPosition(head)).to.be.at.most(await world.events.head())
}

describe('delivery under every interleaving', () => {
  it('loses, repeats and reorders nothing', async () => {
    const seeds = fc.integer({ min: 0, max: 0x7fffffff })
    const runs = Number(process.env['DELIVERY_RUNS'] ?? 150)
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => play(seed, 120)),
      {
        numRuns: runs,
        endOnFailure: true,
        ...(process.env['DELIVERY_SEED'] === undefined ? {} : { examples: [[Number(process.env['DELIVERY_SEED'])]] }),
      },
    )
  })
})
