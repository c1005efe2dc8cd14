/** Batches in MongoDB are exactly once in effect: crashes at every call, several workers at once, writes that land late. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import type { MongoConnection } from '#src/adapters/mongoDB/connection.js'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { toPosition } from '#src/ports/position.js'
import type { Change, ReadModel } from '#src/ports/readModels.js'
import { seeded, type Seeded } from '../ports/seeded.js'
import { eventually } from './eventually.js'
import { expectedRows, ledgerSchema, rowsOf, workOn, type Ledger } from './ledger.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

/** What becomes of one call: it is done; lost; done but its answer lost; given up on, and done later. */
type Fate = 'done' | 'lost' | 'unanswered' | 'late'

/** The connection of a worker whose calls meet the fates that `next` deals. */
const fated = (connection: MongoConnection, next: () => Fate, late: Promise<unknown>[]): MongoConnection => ({
  ...connection,
  call: async (work, patienceMs) => {
    const fate = next()
    if (fate === 'lost') throw new StoreUnavailable('lost')
    if (fate === 'late') {
      const others = late.length + 3
      late.push(
        (async () => {
          for (let turn = 0; turn < others; turn++) await connection.db.command({ ping: 1 })
          await connection.call(work, patienceMs).catch(() => undefined)
        })(),
      )
      throw new StoreUnavailable('given up')
    }
    const answer = await connection.call(work, patienceMs)
    if (fate === 'unanswered') throw new StoreUnavailable('answer lost')
    return answer
  },
})

describeMongoDB('A batch in MongoDB', (given) => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  before(async () => {
    database = await freshDatabase(given)
  })
  after(() => database.remove())

  const opened = async (name: string, connection = database.connection): Promise<ReadModel> =>
    mongoReadModels(connection).open(ledgerSchema(name), 'log-1')
  const freshName = (): string => `ledger${randomUUID().replaceAll('-', '')}`

  /** Works until all events are in. */
  const finish = async (model: ReadModel, ledger: Ledger, size: () => number): Promise<void> => {
    while ((await model.checkpoint()) < ledger.events) await workOn(model, ledger, size())
  }

  it('is finished by the next worker wherever the first one dies', async () => {
    // Rows of 1.5 MB, so that a batch takes several documents and several writes.
    const ledger = { events: 16, text: 'x'.repeat(1_500_000) }
    for (let callsMade = 0, died = true; died; callsMade++) {
      const name = freshName()
      const model = await opened(name)
      await workOn(model, ledger, 4)
      let left = Number.POSITIVE_INFINITY
      const dealt = (): Fate => (left-- > 0 ? 'done' : 'lost')
      const dying = await opened(name, fated(database.connection, dealt, []))
      left = callsMade
      died = await workOn(dying, ledger, 12).then(
        () => false,
        () => true,
      )
      await finish(model, ledger, () => 5)
      expect(await rowsOf(await opened(name)), `dead after ${callsMade} calls`).to.deep.equal(expectedRows(ledger))
      expect(await database.connection.db.collection('readModelBatches').countDocuments()).to.equal(0)
    }
  })

  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8])
    it(`is taken once by three workers whose calls are lost, unanswered or late (seed ${seed})`, async () => {
      const ledger = { events: 400 }
      const name = freshName()
      const late: Promise<unknown>[] = []
      await opened(name)
      const worker = async (random: Seeded): Promise<void> => {
        const fates: readonly Fate[] = ['lost', 'unanswered', 'late']
        const deal = (): Fate => (random.integer(12) === 0 ? random.pick(fates) : 'done')
        for (;;) {
          try {
            const model = await opened(name, fated(database.connection, deal, late))
            while ((await model.checkpoint()) < ledger.events) await workOn(model, ledger, 1 + random.integer(40))
            return
          } catch (error) {
            if (!(error instanceof StoreUnavailable)) throw error
          }
        }
      }
      await Promise.all([1, 2, 3].map((n) => worker(seeded(seed * 100 + n))))
      await Promise.all(late)
      const model = await opened(name)
      await finish(model, ledger, () => 10)
      expect(await rowsOf(model)).to.deep.equal(expectedRows(ledger))
    })

  it('that lands after its rows were removed brings none back', async () => {
    const name = freshName()
    const model = await opened(name)
    const { promise: removed, resolve: letGo } = withResolvers()
    let calls = Number.NEGATIVE_INFINITY
    // Its calls once open: the decision, then the rows of both tables, which are held back.
    const heldBack: MongoConnection['call'] = async (work, patienceMs) => {
      if (calls++ > 0) await removed
      return database.connection.call(work, patienceMs)
    }
    const paused = await opened(name, { ...database.connection, call: heldBack })
    calls = 0
    const late = paused.apply([{ table: 'entries', put: { account: 'a', entry: 1 } }], toPosition(1), toPosition(0))
    const states = database.connection.db.collection<{ readonly _id: string; readonly batch?: unknown }>('readModels')
    await eventually('the batch is decided', async () => {
      const state = await states.findOne({ _id: `${name}-1` })
      return state?.batch !== undefined
    })
    expect(await model.apply([], toPosition(1), toPosition(0))).to.equal('conflict')
    expect(await model.checkpoint()).to.equal(1)
    expect(await model.get('entries', ['a', 1])).to.not.equal(undefined)
    await model.apply([{ table: 'entries', remove: ['a', 1] }], toPosition(2), toPosition(1))
    letGo()
    expect(await late).to.equal('applied')
    expect(await model.get('entries', ['a', 1])).to.equal(undefined)
  })

  it('becomes visible row by row, yet a reader who stops at the checkpoint misses nothing', async () => {
    const name = freshName()
    const [writer, reader] = [await opened(name), await opened(name)]
    const last = 40
    const entries = (event: number): readonly Change[] =>
      Array.from({ length: 50 }, (_, n) => ({ table: 'entries', put: { account: `a${n}`, entry: event * 50 + n } }))
    const writing = (async () => {
      for (let event = 0; event < last; event++)
        expect(await writer.apply(entries(event), toPosition(event + 1), toPosition(event))).to.equal('applied')
    })()
    let reads = 0
    for (let checkpoint = 0; checkpoint < last; reads++) {
      checkpoint = await reader.checkpoint()
      const upTo = [checkpoint * 50 - 1]
      const rows = await reader.range({ table: 'entries', index: 'byEntry', prefix: [], upTo, limit: 10_000 })
      expect(rows.map(({ entry }) => entry)).to.deep.equal(Array.from({ length: checkpoint * 50 }, (_, n) => n))
    }
    await writing
    expect(reads).to.be.greaterThan(1)
  })

  it('of an emptied read model lands nowhere', async () => {
    const name = freshName()
    const former = await opened(name)
    await workOn(former, { events: 10 }, 10)
    const anew = await mongoReadModels(database.connection).open(ledgerSchema(name), 'log-2')
    const change = { table: 'entries', put: { account: 'a', entry: 1 } }
    expect(await former.apply([change], toPosition(12), toPosition(10))).to.equal('conflict')
    expect(await rowsOf(anew)).to.deep.equal([])
    expect(await former.checkpoint()).to.equal(0)
  })

  it('leaves nothing behind but rows, tombstones and its checkpoint', async () => {
    const name = freshName()
    const model = await opened(name)
    const ledger = { events: 20, text: 'x'.repeat(1_500_000) }
    await finish(model, ledger, () => 20)
    const { db } = database.connection
    expect(await db.collection('readModelBatches').countDocuments()).to.equal(0)
    const state = await db.collection<{ readonly _id: string }>('readModels').findOne({ _id: `${name}-1` })
    expect(state).to.have.all.keys('_id', 'logId', 'incarnation', 'checkpoint')
  })

  it('refuses a row too large for a document before anything is written', async () => {
    const model = await opened(freshName())
    const put = { account: 'a', entry: 1, text: 'x'.repeat(17_000_000) }
    const outcome = await model.apply([{ table: 'entries', put }], toPosition(1), toPosition(0)).catch(String)
    expect(outcome).to.contain('too large')
    expect(await model.apply([], toPosition(1), toPosition(0))).to.equal('applied')
  })
})

const withResolvers = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
