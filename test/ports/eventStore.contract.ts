/** What every log must do, whichever store keeps it. Servers keep their data between tests, so streams get fresh names. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { sealedMeta, withoutPayload } from '#src/events/form/checksum.js'
import type { Json } from '#src/events/form/json.js'
import { appendBytesMax, appendEventsMax, AppendTooLarge, foundAmongMax } from '#src/ports/eventStore.js'
import type { Appended, Batch, EventStore, NewEvent, StoredEvent } from '#src/ports/eventStore.js'
import type { Position } from '#src/ports/position.js'
import { seeded } from './seeded.js'

export type OpenedEventStore = {
  readonly store: EventStore
  /** Closes the store and opens the same log again; left out where the log does not outlive its store. */
  readonly reopen?: () => Promise<EventStore>
  /** Lets go of everything, the reopened store included. */
  readonly close: () => Promise<void>
}
export type EventStoreCapabilities = {
  /** A retry with 'any' is recognised for ever, after reopening too, not just for a while. */
  readonly anyRetriesForever: boolean
  /** Ids that already stand in the stream are recognised although the expectation is its very head. */
  readonly headRetries: boolean
}

export const eventStoreContract = (
  name: string,
  open: () => Promise<OpenedEventStore>,
  capabilities: EventStoreCapabilities,
): void => {
  describe(`the log, kept by ${name}`, () => {
    let opened: OpenedEventStore
    let store: EventStore
    let stream: string
    beforeEach(async () => {
      opened = await open()
      store = opened.store
      stream = freshStream()
    })
    afterEach(async () => {
      await opened.close()
    })
    const reopened = async (skip: () => void): Promise<EventStore> => {
      if (opened.reopen === undefined) skip()
      return opened.reopen?.() ?? store
    }

    describe('appending', () => {
      it('counts revisions from 0 and positions upwards, and reads back what was written', async () => {
        const events = [newEvent({ text: 'first', deep: [1, { two: null }] }), newEvent('second'), newEvent(3)]
        const first = appended(await store.append(stream, events.slice(0, 1), 'none'))
        const second = appended(await store.append(stream, events.slice(1), 0))
        expect(first).to.include({ revision: 0, repeated: false })
        expect(second).to.include({ revision: 2, repeated: false })
        expect(second.position).to.be.greaterThan(first.position)
        const read = await store.readStream(stream)
        expect(read.map(withoutPlace)).to.deep.equal(events)
        expect(read.map(({ revision }) => revision)).to.deep.equal([0, 1, 2])
        expect(read.map((event) => event.stream)).to.deep.equal([stream, stream, stream])
        expect(read[0]?.position).to.equal(first.position)
        expect(read[2]?.position).to.equal(second.position)
        expectAscending(read)
      })

      it('leaves undefined fields out, keeps every character, and shares no objects with the caller', async () => {
        const data = { gone: undefined, text: '"\\\u0000\u2028é漢😀', list: ['a'] }
        await store.append(stream, [newEvent(data)], 'none')
        data.list.push('b')
        const stored = (await store.last(stream))?.data
        expect(stored).to.deep.equal({ text: '"\\\u0000\u2028é漢😀', list: ['a'] })
        expect(stored).not.to.have.property('gone')
      })

      it('starts a stream with any expectation', async () => {
        expect(appended(await store.append(stream, [newEvent()], 'any')).revision).to.equal(0)
        expect(appended(await store.append(stream, [newEvent()], 'any')).revision).to.equal(1)
      })

      it('refuses a wrong expectation and says what is true', async () => {
        expect(await store.append(stream, [newEvent()], 0)).to.deep.equal({ status: 'wrongRevision', actual: 'none' })
        await store.append(stream, [newEvent(), newEvent()], 'none')
        for (const expected of ['none', 0, 2, 7] as const)
          expect(await store.append(stream, [newEvent()], expected)).to.deep.equal({
            status: 'wrongRevision',
            actual: 1,
          })
        expect(await store.readStream(stream)).to.have.length(2)
      })

      it('lets a wrong expectation reject only its own append', async () => {
        const names = Array.from({ length: 10 }, freshStream)
        const results = await Promise.all(
          names.flatMap((each) => [
            store.append(each, [newEvent()], 'any'),
            store.append(each, [newEvent(), newEvent()], 40),
            store.append(each, [newEvent()], 'any'),
          ]),
        )
        results.forEach(({ status }, n) => {
          expect(status).to.equal(n % 3 === 1 ? 'wrongRevision' : 'appended')
        })
        for (const each of names) expect(await store.readStream(each)).to.have.length(2)
      })

      it('writes a batch as a whole, in order', async () => {
        const events = Array.from({ length: appendEventsMax }, (_, n) => newEvent(n))
        expect(appended(await store.append(stream, events, 'none')).revision).to.equal(appendEventsMax - 1)
        const read = await readWhole(store, stream)
        expect(read.map(({ data }) => data)).to.deep.equal(events.map((_, n) => n))
        expectAscending(read)
      })

      it('has one winner for each revision among concurrent appends', async () => {
        for (let revision = -1; revision < 4; revision++) {
          const expected = revision < 0 ? 'none' : revision
          const rivals = Array.from({ length: 20 }, () => newEvent())
          const results = await Promise.all(rivals.map((event) => store.append(stream, [event], expected)))
          const winners = rivals.filter((_, n) => results[n]?.status === 'appended')
          expect(winners).to.have.length(1)
          expect((await store.last(stream))?.id).to.equal(winners[0]?.id)
          for (const result of results)
            if (result.status === 'wrongRevision') expect(result.actual).to.equal(revision + 1)
        }
      })

      it('takes every one of many concurrent appends without an expectation', async () => {
        const events = Array.from({ length: 300 }, (_, n) => newEvent(n))
        const results = await Promise.all(events.map((event) => store.append(stream, [event], 'any')))
        const read = await readWhole(store, stream)
        expect(new Set(read.map(({ id }) => id))).to.deep.equal(new Set(events.map(({ id }) => id)))
        results.forEach((result, n) => {
          const { revision, position } = appended(result)
          expect(read[revision]).to.include({ id: events[n]?.id, position })
        })
      })

      it('keeps the order in which they were called in a stream', async () => {
        const other = freshStream()
        const calls = Array.from({ length: 200 }, (_, n) =>
          store.append(n % 3 === 0 ? other : stream, [newEvent(n)], 'any'),
        )
        await Promise.all(calls)
        for (const name of [stream, other]) {
          const datas = (await readWhole(store, name)).map(({ data }) => Number(data))
          expect(datas).to.deep.equal(datas.toSorted((one, next) => one - next))
        }
      })
    })

    describe('a retry', () => {
      it('with the same ids at the same place is answered with the first result', async () => {
        const events = [newEvent(), newEvent()]
        const first = appended(await store.append(stream, events, 'none'))
        const later = [newEvent()]
        const second = appended(await store.append(stream, later, 1))
        expect(await store.append(stream, events, 'none')).to.deep.equal({ ...first, repeated: true })
        expect(await store.append(stream, later, 1)).to.deep.equal({ ...second, repeated: true })
        expect(await store.readStream(stream)).to.have.length(3)
      })

      it('is recognised after reopening', async function () {
        const events = [newEvent(), newEvent()]
        const first = appended(await store.append(stream, events, 'none'))
        await store.append(stream, [newEvent()], 1)
        store = await reopened(() => this.skip())
        expect(await store.append(stream, events, 'none')).to.deep.equal({ ...first, repeated: true })
        expect(await store.append(stream, [newEvent()], 2)).to.include({ status: 'appended', revision: 3 })
      })

      it('in another order, longer, or at another place is refused', async () => {
        const [one, two] = [newEvent(), newEvent()]
        await store.append(stream, [one, two], 'none')
        const wrong = { status: 'wrongRevision', actual: 1 }
        expect(await store.append(stream, [two, one], 'none')).to.deep.equal(wrong)
        expect(await store.append(stream, [one, two, newEvent()], 'none')).to.deep.equal(wrong)
        expect(await store.append(stream, [one], 0)).to.deep.equal(wrong)
        expect(await store.readStream(stream)).to.have.length(2)
      })

      it('without an expectation is answered the same way', async () => {
        const events = [newEvent(), newEvent()]
        const first = appended(await store.append(stream, events, 'any'))
        await store.append(stream, [newEvent()], 'any')
        expect(await store.append(stream, events, 'any')).to.deep.equal({ ...first, repeated: true })
        expect(await store.readStream(stream)).to.have.length(3)
      })

      it('without an expectation is answered the same way when both run at once', async () => {
        const event = newEvent()
        const results = await Promise.all(Array.from({ length: 100 }, () => store.append(stream, [event], 'any')))
        expect(await store.readStream(stream)).to.have.length(1)
        expect(new Set(results.map((result) => appended(result).position)).size).to.equal(1)
      })

      it('without an expectation is recognised after reopening', async function () {
        if (!capabilities.anyRetriesForever) this.skip()
        const events = [newEvent(), newEvent()]
        const first = appended(await store.append(stream, events, 'any'))
        store = await reopened(() => this.skip())
        expect(await store.append(stream, events, 'any')).to.deep.equal({ ...first, repeated: true })
      })

      it('that expects the head is recognised, and never written twice', async function () {
        if (!capabilities.headRetries) this.skip()
        const events = [newEvent(), newEvent()]
        const first = appended(await store.append(stream, events, 'none'))
        expect(await store.append(stream, events, 1)).to.deep.equal({ ...first, repeated: true })
        expect(await store.append(stream, [newEvent(), ...events], 1)).to.deep.equal({
          status: 'wrongRevision',
          actual: 1,
        })
        expect(await store.readStream(stream)).to.have.length(2)
      })

      it('of an id that stands in another stream is a new event', async () => {
        const event = newEvent()
        await store.append(stream, [event], 'none')
        expect(await store.append(freshStream(), [event], 'none')).to.include({ status: 'appended', repeated: false })
      })
    })

    describe('limits', () => {
      const refusedAs = async (kind: new (...parts: never[]) => Error, append: () => Promise<unknown>) => {
        const outcome = await append().catch((error: unknown) => error)
        expect(outcome).to.be.instanceOf(kind)
      }

      it('takes exactly as many bytes as allowed, and not one more', async () => {
        const empty = newEvent('')
        const room = appendBytesMax - JSON.stringify(empty.meta).length - 2
        const full = newEvent('x'.repeat(room))
        await refusedAs(AppendTooLarge, () => store.append(stream, [newEvent('x'.repeat(room + 1))], 'none'))
        await refusedAs(AppendTooLarge, () => store.append(stream, [newEvent('é'.repeat(room / 2 + 1))], 'none'))
        expect(appended(await store.append(stream, [full], 'none')).revision).to.equal(0)
        expect((await store.last(stream))?.data).to.equal(full.data)
      })

      it('refuses more events than allowed in one append', async () => {
        const events = Array.from({ length: appendEventsMax + 1 }, () => newEvent())
        await refusedAs(AppendTooLarge, () => store.append(stream, events, 'none'))
        expect(await store.readStream(stream)).to.deep.equal([])
      })

      it('refuses what only a bug asks for, and goes on', async () => {
        const event = newEvent()
        await refusedAs(Error, () => store.append(stream, [], 'none'))
        await refusedAs(Error, () => store.append('', [event], 'none'))
        await refusedAs(Error, () => store.append('$system', [event], 'none'))
        await refusedAs(Error, () => store.append('two words', [event], 'none'))
        await refusedAs(Error, () => store.append(stream, [{ ...event, type: '' }], 'none'))
        await refusedAs(Error, () => store.append(stream, [{ ...event, type: '$type' }], 'none'))
        await refusedAs(Error, () => store.append(stream, [{ ...event, id: 'not-a-uuid' }], 'none'))
        await refusedAs(Error, () => store.append(stream, [event, event], 'none'))
        await refusedAs(Error, () => store.append(stream, [event], -1))
        await refusedAs(Error, () => store.append(stream, [event], 0.5))
        await refusedAs(Error, () => store.append(stream, [{ ...event, data: 1n as unknown as Json }], 'none'))
        await refusedAs(Error, () => store.append(stream, [{ ...event, data: undefined as unknown as Json }], 'none'))
        expect(await store.readStream(stream)).to.deep.equal([])
        expect(await store.append(stream, [event], 'none')).to.include({ status: 'appended' })
      })
    })

    describe('reading', () => {
      it('knows nothing of a stream without events', async () => {
        expect(await store.readStream(stream)).to.deep.equal([])
        expect(await store.last(stream)).to.equal(undefined)
      })

      it('reads a stream from a revision on, up to a limit', async () => {
        await store.append(
          stream,
          Array.from({ length: 20 }, (_, n) => newEvent(n)),
          'none',
        )
        const datas = async (from: number, limit: number) =>
          (await store.readStream(stream, { from, limit })).map(({ data }) => data)
        expect(await datas(5, 3)).to.deep.equal([5, 6, 7])
        expect(await datas(18, 10)).to.deep.equal([18, 19])
        expect(await datas(20, 10)).to.deep.equal([])
        expect((await store.last(stream))?.data).to.equal(19)
      })

      it('finds an event of a stream by its id, and none of another stream', async () => {
        const events = Array.from({ length: foundAmongMax }, (_, n) => newEvent(n))
        await store.append(stream, events, 'none')
        const other = freshStream()
        await store.append(other, [newEvent()], 'none')
        for (const n of [0, 7, foundAmongMax - 1]) {
          const found = await store.find(stream, events[n]!.id)
          expect([found?.revision, found?.data]).to.deep.equal([n, n])
        }
        expect(await store.find(other, events[0]!.id)).to.equal(undefined)
        expect(await store.find(stream, newEvent().id)).to.equal(undefined)
        expect(await store.find(freshStream(), events[0]!.id)).to.equal(undefined)
      })

      it('reads 500 events unless told otherwise', async () => {
        const before = await store.head()
        await store.append(
          stream,
          Array.from({ length: 501 }, () => newEvent()),
          'none',
        )
        expect(await store.readStream(stream)).to.have.length(500)
        expect(await store.readAll({ after: before })).to.have.length(500)
      })

      it('reads everything above a position in the order of the log', async () => {
        const before = await store.head()
        const streams = [stream, freshStream(), freshStream()]
        for (let n = 0; n < 12; n++) await store.append(streams[n % 3]!, [newEvent(n)], 'any')
        const all = await store.readAll({ after: before })
        expect(all.map(({ data }) => data)).to.deep.equal(Array.from({ length: 12 }, (_, n) => n))
        expectAscending(all)
        expect(await store.head()).to.equal(all.at(-1)?.position)
        const some = await store.readAll({ after: all[3]!.position, limit: 4 })
        expect(some.map(({ data }) => data)).to.deep.equal([4, 5, 6, 7])
        expect(await store.readAll({ after: await store.head() })).to.deep.equal([])
      })

      it('reads the same after reopening', async function () {
        const before = await store.head()
        await store.append(stream, [newEvent('a'), newEvent('b')], 'none')
        const head = await store.head()
        const read = await store.readAll({ after: before })
        store = await reopened(() => this.skip())
        expect(await store.readAll({ after: before })).to.deep.equal(read)
        expect(await store.head()).to.equal(head)
      })
    })

    describe('checking', () => {
      const sealedFor = (stream: string, data: Json): NewEvent => {
        const event = newEvent(data)
        return { ...event, meta: sealedMeta({ ...event, stream }, new Uint8Array(16).fill(7)) }
      }

      it('marks what does not hold, wherever it is read, and nothing else', async () => {
        const before = await store.head()
        const whole = sealedFor(stream, { n: 1 })
        const erased = withoutPayload({ ...sealedFor(stream, { n: 2 }), stream })
        const changed = { ...sealedFor(stream, { n: 3 }), data: { n: 4 } }
        const { stream: _stream, ...gone } = erased
        await store.append(stream, [newEvent('old'), whole, gone, changed], 'none')
        const damage = [undefined, undefined, undefined, 'its checksum does not hold']
        expect((await store.readStream(stream)).map((event) => event.damage)).to.deep.equal(damage)
        expect((await store.readAll({ after: before })).map((event) => event.damage)).to.deep.equal(damage)
        expect((await store.last(stream))?.damage).to.equal(damage.at(-1))
        expect((await store.readStream(stream, { from: 2 }))[0]?.data).to.equal(null)
      })
    })

    describe('notes', () => {
      it('are kept in order under their name, and are no events', async function () {
        const name = `contract${randomUUID().slice(0, 8)}`
        expect(await store.notes(name)).to.deep.equal([])
        const before = await store.head()
        await store.note(name, { first: ['é', null] })
        for (let n = 0; n < 120; n++) await store.note(name, { n })
        await store.note(`${name}x`, { other: true })
        expect(await store.head()).to.equal(before)
        expect(await store.readAll({ after: before })).to.deep.equal([])
        if (opened.reopen !== undefined) store = await reopened(() => this.skip())
        const noted = await store.notes(name)
        expect(noted).to.have.length(121)
        expect([noted[0], noted[1], noted[120]]).to.deep.equal([{ first: ['é', null] }, { n: 0 }, { n: 119 }])
      })

      it('are bounded as an append is', async () => {
        const noting: unknown = await store
          .note('contract', { text: 'é'.repeat(appendBytesMax / 2) })
          .catch((error: unknown) => error)
        expect(noting).to.be.instanceOf(AppendTooLarge)
      })
    })

    describe('following', () => {
      let stop: AbortController
      beforeEach(() => {
        stop = new AbortController()
      })
      afterEach(() => {
        stop.abort()
      })

      it('says at once that it is live when there is nothing to catch up with', async () => {
        const batches = store.follow({ after: await store.head(), signal: stop.signal })[Symbol.asyncIterator]()
        expect((await batches.next()).value).to.deep.equal({ events: [], live: true })
        const waiting = batches.next()
        await store.append(stream, [newEvent('live')], 'none')
        const batch = (await waiting).value as Batch
        expect(batch.live).to.equal(true)
        expect(batch.events.map(({ data }) => data)).to.deep.equal(['live'])
      })

      it('catches up from a position, exclusive, and goes on live', async () => {
        await store.append(stream, [newEvent(0), newEvent(1), newEvent(2)], 'none')
        const [first] = await store.readStream(stream)
        const seen = collect(store, first!.position, stop.signal)
        await seen.until(2)
        await seen.untilLive()
        await store.append(stream, [newEvent(3)], 2)
        await seen.until(3)
        expect(seen.events.map(({ data }) => data)).to.deep.equal([1, 2, 3])
      })

      it('delivers exactly what reading gives', async () => {
        const before = await store.head()
        const seen = collect(store, before, stop.signal)
        await seen.untilLive()
        const data = { gone: undefined, text: 'é' }
        await store.append(stream, [newEvent(data), newEvent([1, null])], 'none')
        await seen.until(2)
        expect(seen.events).to.deep.equal(await store.readAll({ after: before }))
      })

      it('ends when told to, waiting or not', async () => {
        const seen = collect(store, await store.head(), stop.signal)
        await seen.untilLive()
        stop.abort()
        await seen.ended
        const late = collect(store, await store.head(), stop.signal)
        await late.ended
        expect(late.events).to.deep.equal([])
      })

      it('ends when the store is closed', async function () {
        const seen = collect(store, await store.head(), stop.signal)
        await seen.untilLive()
        await store.close()
        await seen.ended
      })

      for (const seed of [1, 2, 3, 4, 5])
        it(`loses, doubles and reorders nothing while many append (seed ${seed})`, async () => {
          const random = seeded(seed)
          const before = await store.head()
          const streams = Array.from({ length: 5 }, freshStream)
          const followers = [collect(store, before, stop.signal)]
          let written = 0
          const writer = async (): Promise<void> => {
            for (let round = 0; round < 15; round++) {
              const events = Array.from({ length: 1 + random.integer(12) }, (_, n) => newEvent(n))
              written += events.length
              appended(await store.append(random.pick(streams), events, 'any'))
              if (random.integer(8) === 0) followers.push(collect(store, before, stop.signal, random.integer(3)))
            }
          }
          await Promise.all(Array.from({ length: 8 }, writer))
          followers.push(collect(store, before, stop.signal))
          const log = await readAllOf(store, before)
          expect(log).to.have.length(written)
          expectAscending(log)
          for (const follower of followers) {
            await follower.until(written)
            expect(follower.events.map(identity)).to.deep.equal(log.map(identity))
          }
        })

      it('carries a follower that is slow, without loss', async () => {
        const before = await store.head()
        const slow = collect(store, before, stop.signal, 5)
        const batch = () => Array.from({ length: 500 }, (_, n) => newEvent(n))
        for (let n = 0; n < 12; n++) await store.append(stream, batch(), 'any')
        await slow.until(6_000)
        expect(slow.events.map(({ revision }) => revision)).to.deep.equal(Array.from({ length: 6_000 }, (_, n) => n))
      })
    })

    describe('truncating', () => {
      const tenEvents = () => Array.from({ length: 10 }, (_, n) => newEvent(n))

      it('forgets what lies below a revision and keeps places and revisions of the rest', async () => {
        await store.append(stream, tenEvents(), 'none')
        const before = await store.readStream(stream)
        await store.truncate(stream, 7)
        expect(await store.readStream(stream)).to.deep.equal(before.slice(7))
        expect(await store.readStream(stream, { from: 3, limit: 2 })).to.deep.equal(before.slice(7, 9))
        expect(await store.last(stream)).to.deep.equal(before[9])
        expect(await store.append(stream, [newEvent()], 9)).to.include({ status: 'appended', revision: 10 })
      })

      it('never counts revisions or positions anew', async function () {
        await store.append(stream, tenEvents(), 'none')
        const head = await store.head()
        await store.truncate(stream, 9)
        if (opened.reopen !== undefined) store = await reopened(() => this.skip())
        expect(await store.append(stream, [newEvent()], 'none')).to.deep.equal({ status: 'wrongRevision', actual: 9 })
        const next = appended(await store.append(stream, [newEvent()], 9))
        expect(next.revision).to.equal(10)
        expect(next.position).to.be.greaterThan(head)
      })

      it('touches no other stream, and is harmless twice, backwards, or where nothing is', async () => {
        const other = freshStream()
        const start = await store.head()
        await store.append(other, tenEvents(), 'none')
        await store.append(stream, tenEvents(), 'none')
        await store.truncate(stream, 5)
        await store.truncate(stream, 5)
        await store.truncate(stream, 2)
        await store.truncate(freshStream(), 5)
        expect((await store.readStream(stream)).map(({ revision }) => revision)).to.deep.equal([5, 6, 7, 8, 9])
        expect(await store.readStream(other)).to.have.length(10)
        const all = await store.readAll({ after: start })
        expectAscending(all)
        expect(all.filter((event) => event.stream === stream && event.revision >= 5)).to.have.length(5)
      })

      it('lets a follower pass over what is gone', async () => {
        const start = await store.head()
        const other = freshStream()
        await store.append(stream, tenEvents(), 'none')
        await store.truncate(stream, 9)
        await store.append(other, [newEvent('after')], 'none')
        const stop = new AbortController()
        const seen = collect(store, start, stop.signal)
        await seen.untilSeen(({ data }) => data === 'after')
        stop.abort()
        expectAscending(seen.events)
        expect(seen.events.at(-2)).to.include({ stream, revision: 9 })
      })
    })

    it('refuses work once closed, and closing twice is harmless', async () => {
      await store.append(stream, [newEvent()], 'none')
      await store.close()
      await store.close()
      const outcome = await store.append(stream, [newEvent()], 0).catch((error: unknown) => error)
      expect(outcome).to.be.instanceOf(Error)
    })
  })
}

const freshStream = (): string => `contract-${randomUUID()}`

export const newEvent = (data: unknown = null): NewEvent => ({
  id: randomUUID(),
  type: 'ContractTested',
  data: data as Json,
  meta: { v: 1, at: 1_700_000_000_000, command: randomUUID(), bodyHash: 'x' },
})

const withoutPlace = ({ id, type, data, meta }: StoredEvent): NewEvent => ({ id, type, data, meta })
const identity = ({ position, stream, revision, id }: StoredEvent): string => `${position} ${stream} ${revision} ${id}`

const appended = (result: Appended): Extract<Appended, { status: 'appended' }> => {
  if (result.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`)
  return result
}

const expectAscending = (events: readonly StoredEvent[]): void => {
  for (let n = 1; n < events.length; n++)
    expect(events[n]!.position, `position of event ${n}`).to.be.greaterThan(events[n - 1]!.position)
}

const readWhole = async (store: EventStore, stream: string): Promise<StoredEvent[]> => {
  const whole: StoredEvent[] = []
  for (;;) {
    const page = await store.readStream(stream, { from: whole.length })
    if (page.length === 0) return whole
    whole.push(...page)
  }
}

const readAllOf = async (store: EventStore, after: Position): Promise<StoredEvent[]> => {
  const all: StoredEvent[] = []
  for (;;) {
    const page = await store.readAll({ after: all.at(-1)?.position ?? after })
    if (page.length === 0) return all
    all.push(...page)
  }
}

/** Follows the log in the background; `turns` of the event loop pass between two batches. */
const collect = (store: EventStore, after: Position, signal: AbortSignal, turns = 0) => {
  const events: StoredEvent[] = []
  let live = false
  let changed = (): void => undefined
  const run = async (): Promise<void> => {
    for await (const batch of store.follow({ after, signal })) {
      if (batch.events.length === 0 && (!batch.live || live)) throw new Error('an empty batch that says nothing')
      events.push(...batch.events)
      live ||= batch.live
      changed()
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const ended = run()
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await Promise.race([new Promise<void>((resolve) => (changed = resolve)), failed(ended)])
  }
  return {
    events,
    ended,
    until: (count: number) => until(() => events.length >= count),
    untilLive: () => until(() => live),
    untilSeen: (wanted: (event: StoredEvent) => boolean) => until(() => events.some(wanted)),
  }
}

/** Turns the end of a follower, or its failure, into a failure of who waits for its events. */
const failed = async (ended: Promise<void>): Promise<never> => {
  await ended
  throw new Error('the follower ended early')
}
