/** A read model is rebuilt while it is served, on any store: under load, after a crash at any moment, by several processes. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { EventStore } from '#src/ports/eventStore.js'
import type { Leases } from '#src/ports/leases.js'
import { toPosition } from '#src/ports/position.js'
import type { ReadModel, ReadModels } from '#src/ports/readModels.js'
import { openRecords } from '#src/projections/builds/records.js'
import { serveModel } from '#src/projections/builds/served.js'
import type { ServedModel } from '#src/projections/builds/served.js'
import type { BuildsStanding } from '#src/projections/builds/standing.js'
import type { Projection } from '#src/projections/projection.js'
import { seeded } from '../../ports/seeded.js'
import { silentLogger } from '../../support/silentLogger.js'

export type OpenedStores = {
  readonly readModels: ReadModels
  readonly leases: Leases
  /** As another process has them, or the next one after a crash. */
  readonly reopen: () => Promise<Pick<OpenedStores, 'readModels' | 'leases'>>
  readonly close: () => Promise<void>
}

type Served = ServedModel & { readonly total: () => Promise<Total>; readonly stop: () => Promise<void> }
/** What the rows say, between two looks at the checkpoint. */
type Total = { readonly from: number; readonly count: number; readonly seen: number; readonly to: number }

const events = 400

export const rebuildContract = (store: string, open: () => Promise<OpenedStores>): void => {
  describe(`a read model that is rebuilt while it is served, in ${store}`, () => {
    let stores: OpenedStores
    let log: EventStore
    let name: string
    const running: Served[] = []
    let appended = 0
    beforeEach(async () => {
      appended = 0
      stores = await open()
      log = openMemoryEventStore()
      name = `counts${randomUUID().replaceAll('-', '')}`
      await append(events)
    })
    afterEach(async () => {
      for (const one of running.splice(0)) await one.stop()
      await stores.close()
    })

    const append = async (count: number, hash = 'a'): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const tokenHash = `${hash}${appended++ % 7}`
        const meta = { v: 1, at: 1, command: randomUUID(), bodyHash: '' }
        await log.append(
          'operators',
          [{ id: randomUUID(), type: 'OperatorTokenIssued', data: { tokenHash }, meta }],
          'any',
        )
      }
    }
    /** A row for each event, and one that says how many there are: half of it is told by that one. */
    const projection = (how: Partial<Projection> & { readonly counts?: number } = {}): Projection => ({
      schema: {
        name,
        version: 1,
        tables: { totals: { key: ['of'], indexes: {} }, seen: { key: ['position'], indexes: {} } },
      },
      project: async ({ event, position }, rows) => {
        if (event.type === 'OperatorTokenIssued' && event.data.tokenHash.startsWith('bug')) throw new Error('a bug')
        const before = await rows.get('totals', ['all'])
        rows.put('totals', { of: 'all', count: ((before?.['count'] as number | undefined) ?? 0) + (how.counts ?? 1) })
        rows.put('seen', { position })
      },
      ...how,
    })
    const serve = async (
      how: Parameters<typeof projection>[0] = {},
      of: Pick<OpenedStores, 'readModels' | 'leases'> = stores,
    ): Promise<Served> => {
      const model = await serveModel({
        projection: projection(how),
        readModels: of.readModels,
        leases: of.leases,
        records: await openRecords(of.readModels),
        logId: 'log',
        events: log,
        clock: systemClock,
        logger: silentLogger,
        holder: randomUUID(),
        pause: () => setImmediate(),
      })
      const { total } = model.queries((rows) => ({ total: () => totalOf(rows) }))
      const end = new AbortController()
      const done = model.run(end.signal)
      const stop = async (): Promise<void> => {
        end.abort()
        await done
      }
      const served = { ...model, total, stop }
      running.push(served)
      return served
    }
    const totalOf = async (rows: ReadModel): Promise<Total> => {
      const from = await rows.checkpoint()
      const total = await rows.get('totals', ['all'])
      const seen = await rows.range({ table: 'seen', index: 'key', prefix: [], limit: 10_000 })
      const to = await rows.checkpoint()
      return { from, count: (total?.['count'] as number | undefined) ?? 0, seen: seen.length, to }
    }
    const level = async (served: Served): Promise<void> => {
      expect(await served.runner.reached(await log.head(), 30_000)).to.equal(true)
    }
    /** Looks until it is so. */
    const until = async (served: Served, isSo: (standing: BuildsStanding) => boolean): Promise<BuildsStanding> => {
      for (;;) {
        const standing = await served.standing()
        if (isSo(standing)) return standing
        await setTimeout(10)
      }
    }
    const isServed = (build: number) => (standing: BuildsStanding) => standing.served.build === build

    it('lets nobody wait for what it does not reach before it ends', async () => {
      const served = await serve()
      const waiting = served.runner.reached(toPosition(1_000_000), 2 ** 30)
      await served.stop()
      expect(await waiting).to.equal(false)
    })

    it('never answers half-built, and ends with the same sums, while events come and others ask', async () => {
      const served = await serve()
      await level(served)
      const over = new AbortController()
      const looks: Total[] = []
      const looking = (async () => {
        while (!over.signal.aborted) {
          looks.push(await served.total())
          await setTimeout(1)
        }
      })()
      const writing = (async () => {
        while (!over.signal.aborted) {
          await append(1)
          await setTimeout(3)
        }
      })()
      await served.ask('rebuild')
      const { former, candidate } = await until(served, isServed(2))
      over.abort()
      await Promise.all([looking, writing])
      await level(served)
      expect(candidate).to.equal(undefined)
      expect(former?.build).to.equal(1)
      // The log has one event a position; rows may be ahead of the checkpoint, and never behind it.
      for (const { from, count, seen, to } of looks) {
        expect(count).to.be.within(from, Math.max(to, await log.head()))
        expect(seen).to.be.at.least(from)
      }
      const froms = looks.map(({ from }) => from)
      expect(froms).to.deep.equal(froms.toSorted((one, other) => one - other))
      const rows = await served.total()
      expect(rows).to.deep.equal({ from: appended, count: appended, seen: appended, to: appended })
    })

    it('turns back to the build that was kept and fed, and forth again', async () => {
      const served = await serve()
      await level(served)
      await served.ask('rebuild')
      await until(served, isServed(2))
      await append(20)
      expect(await served.ask('rollback')).to.include({ back: true })
      await until(served, isServed(1))
      await append(5)
      await level(served)
      expect((await served.total()).count).to.equal(events + 25)
      await served.ask('rollback')
      await until(served, isServed(2))
      await level(served)
      expect((await served.total()).count).to.equal(events + 25)
      expect(await served.ask('drop')).to.not.have.property('former')
      await until(served, ({ former }) => former === undefined)
      expect(await served.ask('rollback')).to.deep.equal({ refused: 'noFormer' })
    })

    it('does not turn to rows that came out otherwise by the same fold, until it is told to', async () => {
      const first = await serve()
      await level(first)
      await first.stop()
      const served = await serve({ counts: 2 })
      await served.ask('rebuild')
      const { candidate } = await until(served, (standing) => standing.candidate?.status === 'differs')
      expect(candidate?.differences).to.deep.equal([{ table: 'totals', served: 1, rebuilt: 1 }])
      expect(await served.ask('rebuild')).to.deep.equal({ refused: 'underWay' })
      await append(3)
      await level(served)
      expect((await served.total()).count).to.equal(events + 6)
      await served.ask('flip')
      await until(served, isServed(2))
      await level(served)
      expect((await served.total()).count).to.equal(2 * (events + 3))
    })

    it('turns to rows that come out otherwise on purpose, and says so', async () => {
      const first = await serve()
      await level(first)
      await first.stop()
      const served = await serve({ counts: 2, fold: 2 })
      await served.ask('rebuild')
      await until(served, isServed(2))
      await level(served)
      expect((await served.total()).count).to.equal(2 * events)
    })

    it('is not turned while the worker that acts by its rows holds its lease', async () => {
      const served = await serve({ effects: () => Promise.resolve([`worker ${name}`]) })
      await level(served)
      expect(await stores.leases.take(`worker ${name}`, 'a worker', 60_000)).to.equal(true)
      await served.ask('rebuild')
      await until(served, ({ candidate }) => candidate?.differences !== undefined)
      for (let n = 0; n < 5; n++) {
        await setTimeout(60)
        expect((await served.standing()).served.build).to.equal(1)
      }
      await stores.leases.release(`worker ${name}`, 'a worker')
      await until(served, isServed(2))
    })

    it('is further at once where the other stood still, for whoever waits for it', async () => {
      let waiting: Promise<boolean> | undefined
      const served: Served = await serve({
        // Asked for while the served build stands still for the flip.
        effects: async () => {
          await append(1)
          const head = await log.head()
          waiting = served.runner.reached(head, 600_000)
          await until(served, ({ candidate }) => (candidate?.checkpoint ?? 0) >= head)
          return []
        },
      })
      await level(served)
      await served.ask('rebuild')
      await until(served, isServed(2))
      expect(await waiting).to.equal(true)
    }).timeout(60_000)

    it('keeps what it could not take with the reason, over a restart, until a rebuild can', async () => {
      await append(1, 'bug')
      const first = await serve()
      await level(first)
      await first.stop()
      const again = await serve()
      await append(1)
      await level(again)
      const [parked] = (await again.standing()).served.parked
      expect(parked).to.include({ stream: 'operators', revision: events, position: events + 1, why: 'Error: a bug' })
      expect(again.runner.status().parked).to.deep.equal([`operators@${events}`])
      await again.skip({ stream: 'operators', revision: events - 1 }, 6)
      await again.skip({ stream: 'operators', revision: events }, 7)
      await again.skip({ stream: 'operators', revision: events }, 8)
      while (again.runner.status().parked.length > 0) await setTimeout(10)
      expect((await again.standing()).served.parked).to.deep.equal([{ ...parked, skipped: 7 }])
      await again.stop()
      const mended = await serve({
        fold: 2,
        project: (_placed, rows) => {
          rows.put('totals', { of: 'all', count: 7 })
        },
      })
      await mended.ask('rebuild')
      const { served } = await until(mended, isServed(2))
      expect(served.parked).to.deep.equal([])
      expect(mended.runner.status().parked).to.deep.equal([])
    })

    const seed = Number(process.env['SEED'] ?? 16)
    it(`goes on from wherever it was stopped, at any moment (seed ${seed})`, async () => {
      const random = seeded(seed)
      let of: Pick<OpenedStores, 'readModels' | 'leases'> = stores
      let served = await serve({}, of)
      await level(served)
      await served.ask('rebuild')
      let stops = 0
      for (; stops < 8 && (await served.standing()).served.build === 1; stops++) {
        await setTimeout(random.integer(60))
        await append(3)
        await served.stop()
        of = await stores.reopen()
        served = await serve({}, of)
        const { from, count } = await served.total()
        expect(count).to.be.at.least(from)
        expect(from).to.be.at.least(events)
      }
      await until(served, isServed(2))
      await level(served)
      expect(await served.total()).to.include({ count: appended, seen: appended })
    })

    it('is followed by processes that do not feed it', async () => {
      const feeding = await serve()
      await level(feeding)
      const other = await serve({}, store === 'MongoDB' ? await stores.reopen() : stores)
      await feeding.ask('rebuild')
      await until(feeding, isServed(2))
      await append(10)
      await until(other, isServed(2))
      await level(other)
      expect(await other.total()).to.include({ count: appended, seen: appended })
    })
  })
}
