/** MongoDB that stalls, drops, freezes and dies: noticed within seconds, once in effect, and recovered from without help. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { gridFSBlobs } from '#src/adapters/gridFS/blobs.js'
import { connectMongoDB, type MongoConnection } from '#src/adapters/mongoDB/connection.js'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import type { ReadModel } from '#src/ports/readModels.js'
import { toPosition } from '#src/ports/position.js'
import { ownTime } from '../support/ownTime.js'
import { eventually } from './eventually.js'
import { expectedRows, ledgerSchema, rowsOf, workOn } from './ledger.js'
import { startMongod, type Mongod } from './mongod.js'
import { describeMongod, withDatabase } from './mongoDB.js'
import { tcpFaultProxy, type TcpFaultProxy } from './tcpFaultProxy.js'

/** Rounds of kill -9 under load; raise it to look longer. */
const rounds = Number(process.env['MONGODB_ROUNDS'] ?? 8)
/** A frozen server is noticed by the monitor after 3 s; the call is tried once more, on any server within 5 s. Of our own time. */
const noticedMs = 10_000

/** How long a busy machine may take for what takes a second or two. */
const patienceMs = 90_000

describeMongod('MongoDB in trouble', (binary) => {
  let mongod: Mongod
  let proxy: TcpFaultProxy
  let connection: MongoConnection
  let model: ReadModel
  const proxied = (): string => `mongodb://127.0.0.1:${proxy.port}/test-${randomUUID()}?directConnection=true`
  before(async () => {
    mongod = await startMongod(binary)
  })
  after(() => mongod.remove())
  beforeEach(async () => {
    proxy = await tcpFaultProxy(mongod.port)
    connection = await connectMongoDB({ url: proxied() })
    model = await mongoReadModels(connection).open(ledgerSchema('ledger'), 'log-1')
  })
  afterEach(async () => {
    mongod.thaw()
    await connection.close()
    await proxy.close()
  })

  /** Works until all events are in, whatever fails on the way. */
  const finish = async (events: number, size = 20): Promise<void> => {
    const step = async () => {
      await workOn(model, { events }, size)
      return (await model.checkpoint()) >= events
    }
    await eventually('all events are in', step, patienceMs)
  }
  const failure = async (ask: () => Promise<unknown>): Promise<{ readonly error: unknown; readonly ms: number }> => {
    const time = ownTime()
    const error: unknown = await ask().then(
      () => 'no failure',
      (reason: unknown) => reason,
    )
    time.stop()
    return { error, ms: time.ms() }
  }
  const expectNoticed = async (ask: () => Promise<unknown>): Promise<void> => {
    const { error, ms } = await failure(ask)
    expect(error).to.be.instanceOf(StoreUnavailable)
    expect(ms).to.be.below(noticedMs)
  }

  const troubles = {
    'is frozen': {
      begin: () => {
        mongod.freeze()
      },
      end: () => {
        mongod.thaw()
      },
    },
    stalls: {
      begin: () => {
        proxy.stall()
      },
      end: () => {
        proxy.pass()
      },
    },
    'drops its connections': {
      begin: () => {
        proxy.drop()
      },
      end: () => {
        proxy.pass()
      },
    },
  }
  for (const [trouble, { begin, end }] of Object.entries(troubles))
    it(`that ${trouble}: reads and writes fail within seconds, and it comes back by itself`, async () => {
      const working = ownTime()
      await finish(100)
      working.stop()
      begin()
      await Promise.all([
        expectNoticed(() => model.checkpoint()),
        expectNoticed(() => workOn(model, { events: 200 }, 20)),
        expectNoticed(() => model.apply([], toPosition(120), toPosition(100))),
      ])
      end()
      const recovering = ownTime()
      await finish(200)
      recovering.stop()
      // What the same work took before says how busy the server's machine is.
      expect(recovering.ms()).to.be.below(noticedMs + 10 * working.ms())
      expect(await rowsOf(model)).to.deep.equal(expectedRows({ events: 200 }))
    })

  it('that answers nothing while its writes land: they count once', async () => {
    await connection.close()
    connection = await connectMongoDB({
      url: proxied(),
      client: { socketTimeoutMS: 1_000, serverSelectionTimeoutMS: 1_000 },
    })
    model = await mongoReadModels(connection).open(ledgerSchema('ledger'), 'log-1')
    await finish(50)
    for (let events = 70; events <= 150; events += 20) {
      const expected = toPosition(events - 20)
      const work = workOn(model, { events }, 20)
      // The answers of a batch under way are held back at a point that differs from round to round.
      for (let turn = 50; turn < events; turn += 20) await connection.db.command({ ping: 1 })
      proxy.stallAnswers()
      await failure(() => work)
      proxy.pass()
      await finish(events)
      expect(await model.apply([], toPosition(events), expected)).to.equal('conflict')
      expect(await rowsOf(model)).to.deep.equal(expectedRows({ events }))
    }
  })

  it('whose connections are cut again and again loses and repeats nothing', async () => {
    const events = 2_000
    const cuts = 15
    const cutting = async (): Promise<void> => {
      for (let cut = 1; cut <= cuts; cut++) {
        const wanted = (cut * events) / (cuts + 1)
        await eventually('some more is in', async () => (await model.checkpoint()) >= wanted, patienceMs)
        proxy.reset()
      }
    }
    await Promise.all([finish(events, 15), cutting()])
    expect(await rowsOf(model)).to.deep.equal(expectedRows({ events }))
  })

  it('that is slow is waited for', async () => {
    proxy.slow(100)
    await finish(40)
    proxy.pass()
    expect(await rowsOf(model)).to.deep.equal(expectedRows({ events: 40 }))
  })

  it(`killed with -9 under load, ${rounds} times: no row is lost or counted twice, no blob lost`, async function () {
    this.timeout(60_000 + rounds * patienceMs)
    const blobs = await gridFSBlobs(connection)
    const stored: string[] = []
    let events = 0
    for (let round = 0; round < rounds; round++) {
      let loading = true
      const target = (events += 800)
      const load = Promise.all([
        eventually(
          'this round is in',
          async () => !loading || workOn(model, { events: target }, 25).then(() => false),
          patienceMs,
        ),
        eventually(
          'blobs are stored',
          async () => {
            stored.push(await blobs.put(Buffer.from(randomUUID().repeat(200))))
            return !loading
          },
          patienceMs,
        ),
      ])
      const [from, blobsFrom] = [await model.checkpoint(), stored.length]
      const some = 50 + ((round * 37) % 400)
      await eventually(
        'some of it is in',
        async () => (await model.checkpoint()) > from + some && stored.length > blobsFrom,
        patienceMs,
      )
      await mongod.kill()
      loading = false
      await mongod.start()
      await load
      await finish(target, 200)
      expect(await rowsOf(model), `round ${round}`).to.deep.equal(expectedRows({ events: target }))
    }
    for (const digest of stored) expect(await blobs.size(digest)).to.equal(36 * 200)
  })

  it('that is down at the start is told apart from one that refuses us', async () => {
    proxy.drop()
    const url = withDatabase(`mongodb://user:secret@127.0.0.1:${proxy.port}/?directConnection=true`, 'x')
    const { error, ms } = await failure(() => connectMongoDB({ url }))
    expect(error).to.be.instanceOf(StoreUnavailable)
    expect(String(error)).to.contain(`127.0.0.1:${proxy.port}`).and.not.contain('secret')
    expect(ms).to.be.below(noticedMs)
    proxy.pass()
    const refused = await failure(() => connectMongoDB({ url }))
    expect(refused.error).to.not.be.instanceOf(StoreUnavailable)
    expect(String(refused.error)).to.contain('did not authorise us').and.not.contain('secret')
    expect(String((await failure(() => connectMongoDB({ url: 'http://x' }))).error)).to.contain('MONGODB_URL')
  })
})
