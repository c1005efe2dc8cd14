/** What else stands in the same store: the server's own events, and those of other applications. */
import { expect } from 'chai'
import { origin } from '#src/ports/position.js'
import { datas, given, newEvent, newEvents, type Given } from './given.js'

describe('in an EventStoreDB that is shared', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  const put = (stream: string, count: number, type = 'OrderPlaced', meta = ''): void => {
    for (let n = 0; n < count; n++)
      here.server.storage.append(
        stream,
        [
          {
            id: crypto.randomUUID(),
            type,
            contentType: 'application/json',
            data: Buffer.from('{}'),
            meta: Buffer.from(meta),
          },
        ],
        'any',
      )
  }

  it('events of other applications are passed over by all who read the log, counted, and said once', async () => {
    const store = here.open()
    put('orders-1', 20)
    const follower = here.follow(store, origin)
    await follower.until(0)
    await store.append('s', newEvents(3), 'none')
    const head = await store.head()
    for (const meta of ['', '{}', '[]', 'null', '{"v":1}', 'no JSON', '{"$correlationId":"a"}'])
      put('orders-1', 5, 'OrderPlaced', meta)
    await store.append('s', [newEvent('last')], 'any')
    await follower.until(4)
    put('orders-2', 5)
    expect(datas(follower.events)).to.deep.equal([0, 1, 2, 'last'])
    expect(await store.readAll({ after: origin })).to.deep.equal(follower.events)
    expect(await store.readAll({ after: head, limit: 1 })).to.deep.equal(follower.events.slice(3))
    expect(await store.head()).to.equal(follower.events.at(-1)?.position)
    expect(store.passedOver?.()).to.equal(20 + 7 * 5 + 5)
    expect(here.logger.lines.filter((line) => line.includes('another application'))).to.have.length(1)
  })

  it('an event of an unknown type that carries our meta is one of the log, its payload erased or not', async () => {
    const store = here.open()
    put('s', 1, 'FromTheFuture', '{"v":1,"at":1,"command":"","bodyHash":""}')
    put('s', 1, 'FromTheFuture', '{"v":1,"at":1,"command":"","checksum":"c","inner":"i"}')
    expect(await store.readAll({ after: origin })).to.have.length(2)
  })

  it('our own notes are passed over too, and are nobody else’s', async () => {
    const store = here.open()
    await store.note('import', { n: 1 })
    expect(await store.readAll({ after: origin })).to.deep.equal([])
    expect(await store.head()).to.equal(origin)
    expect(store.passedOver?.()).to.equal(0)
    expect(await store.notes('import')).to.deep.equal([{ n: 1 }])
  })

  it('a thousand of them behind the last fact cost few reads, and the next time none', async () => {
    const store = here.open()
    await store.append('s', newEvents(2), 'none')
    const head = await store.head()
    put('$$other', 500, '$metadata')
    put('orders-1', 500)
    const readsOf = async (work: () => Promise<unknown>): Promise<number> => {
      const before = here.server.readCount()
      await work()
      return here.server.readCount() - before
    }
    const look = () => store.readAll({ after: head, limit: 1 })
    expect(await look()).to.deep.equal([])
    expect(await readsOf(look)).to.equal(1)
    expect(await readsOf(() => Promise.all([1, 2, 3].map(look)))).to.equal(1)
    expect(await readsOf(() => store.head())).to.be.lessThan(5)
    expect(await readsOf(() => store.head())).to.equal(1)
    expect(await store.head()).to.equal(head)
    await store.append('s', [newEvent('new')], 'any')
    expect(datas(await look())).to.deep.equal(['new'])
    expect(await store.head()).to.be.greaterThan(head)
  })

  it('a look at a few places is short, however many of them there are, and the next goes on from there', async () => {
    const store = here.open()
    await store.append('s', newEvents(2), 'none')
    const head = await store.head()
    put('$$other', 300, '$metadata')
    await store.append('s', [newEvent('behind them')], 'any')
    const looks: unknown[] = []
    for (let n = 0; n < 4; n++) {
      const before = here.server.readCount()
      const found = await store.readAll({ after: head, limit: 1, places: 128 })
      expect(here.server.readCount() - before).to.be.lessThan(3)
      looks.push(datas(found))
    }
    expect(looks).to.deep.equal([[], [], ['behind them'], ['behind them']])
    expect(datas(await store.readAll({ after: head, limit: 1 }))).to.deep.equal(['behind them'])
  })

  it('the first look reads hundreds of places at once', async () => {
    const store = here.open()
    await store.append('s', newEvents(2), 'none')
    const head = await store.head()
    put('$$other', 1_000, '$metadata')
    const before = here.server.readCount()
    expect(await store.readAll({ after: head, limit: 1 })).to.deep.equal([])
    expect(here.server.readCount() - before).to.be.lessThan(5)
  })
})
