/** What becomes of pushes that fail, of a worker that dies, and of rows that are lost: forgotten is none, and nobody else waits. */
import { expect } from 'chai'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { OutboundRefused, OutboundTooLarge, OutboundUnreachable } from '#src/ports/outbound.js'
import type { OutboundAnswer } from '#src/ports/outbound.js'
import { pushSchema } from '#src/push/schema.js'
import { groupNumber, logId, queueNumber } from '../projections/queues/world.js'
import { newVapidKey, pushWorld, status } from './world.js'
import type { Answering, Phone } from './world.js'

const [alice, bob, carol] = [queueNumber(1), queueNumber(2), queueNumber(3)]
const [garden, office] = [groupNumber(1), groupNumber(2)]

/** Answers nothing until it is stopped. */
const never = (signal: AbortSignal | undefined): Promise<OutboundAnswer> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      reject(new Error('stopped'))
    })
  })

describe('pushes that fail', () => {
  type World = Awaited<ReturnType<typeof pushWorld>>
  let house: World
  let phone: Phone
  const workers: { readonly stop: () => Promise<void> }[] = []
  beforeEach(async () => {
    house = await pushWorld()
    await house.groupOf(garden, [alice, bob])
    phone = await house.subscribe(bob)
  })
  afterEach(async () => {
    for (const { stop } of workers.splice(0)) await stop()
  })
  const start = async (...[more, holder, model]: Parameters<World['start']>) => {
    const worker = await house.start(more, holder, model)
    workers.push(worker)
    return worker
  }

  const gone: readonly number[] = [404, 410]
  for (const code of gone)
    it(`${code}: the receiver is removed, and the queue’s others are told`, async () => {
      const desk = await house.subscribe(bob)
      phone.answers(code)
      const worker = await start()
      await house.say(garden)
      await Promise.all([phone.asked(1), desk.asked(1)])
      await house.decided()
      expect(house.removed).to.deep.equal([phone.subscription])
      await house.acknowledge(bob, Number.MAX_SAFE_INTEGER)
      await house.say(garden)
      await desk.asked(2)
      await house.decided()
      expect(phone.pushes).to.have.length(1)
      expect(worker.counts()).to.include({ gone: 1, failed: 0 })
    })

  const failing: readonly [string, Answering][] = [
    ['500', 500],
    ['400', 400],
    ['a redirect', status(302, { location: 'https://elsewhere.example/' })],
    ['an address that is not asked', () => Promise.reject(new OutboundRefused('push.example.net: private'))],
    ['nobody there', () => Promise.reject(new OutboundUnreachable('push.example.net'))],
    ['an answer without end', () => Promise.reject(new OutboundTooLarge('push.example.net'))],
  ]
  for (const [what, answer] of failing)
    it(`${what}: it is tried again later, and removes nobody`, async () => {
      phone.answers(answer)
      const worker = await start()
      await house.say(garden)
      await phone.asked(1)
      await house.decided()
      expect(phone.pushes).to.have.length(1)
      phone.answers(201)
      await house.pass(5_000)
      await phone.asked(2)
      await house.decided()
      await house.pass(60 * 60_000)
      expect(phone.pushes).to.have.length(2)
      expect(house.removed).to.deep.equal([])
      expect(worker.counts()).to.include({ failed: 1 })
    })

  it('an answer that is longer than is read counts by its status', async () => {
    const desk = await house.subscribe(bob)
    phone.answers(() => Promise.reject(new OutboundTooLarge('push.example.net', 404)))
    desk.answers(() => Promise.reject(new OutboundTooLarge('push.example.net', 201)))
    const worker = await start()
    await house.say(garden)
    await Promise.all([phone.asked(1), desk.asked(1)])
    await house.decided()
    expect(house.removed).to.deep.equal([phone.subscription])
    expect(worker.counts()).to.include({ gone: 1, failed: 0 })
  })

  it('a push service is waited for ten seconds, and read to a KiB', async () => {
    await start()
    await house.say(garden)
    await phone.asked(1)
    expect(house.bounds).to.deep.equal([{ bytesMax: 1_024, timeoutMs: 10_000 }])
  })

  it('whoever was told is not told again while another receiver fails', async () => {
    const desk = await house.subscribe(bob)
    phone.answers(500)
    await start()
    await house.say(garden)
    await Promise.all([phone.asked(1), desk.asked(1)])
    await house.decided()
    await house.pass(5_000)
    await phone.asked(2)
    await house.decided()
    expect(desk.pushes).to.have.length(1)
  })

  it('a push service that asks for a pause is given it', async () => {
    phone.answers(status(429, { 'retry-after': '120' }))
    await start()
    await house.say(garden)
    await phone.asked(1)
    await house.decided()
    await house.pass(119_000)
    expect(phone.pushes).to.have.length(1)
    await house.pass(1_000)
    await phone.asked(2)
  })

  it('those that never answer keep nobody else waiting for long', async () => {
    const queues = Array.from({ length: 70 }, (_, n) => queueNumber(1_000 + n))
    await house.groupOf(office, [carol, ...queues])
    const silent = await Promise.all(queues.map((queue) => house.subscribe(queue)))
    for (const one of silent) one.answers(never)
    await start()
    await house.say(office)
    await Promise.all(silent.slice(0, 64).map((one) => one.asked(1)))
    await house.say(garden)
    house.clock.advance(2_000)
    await phone.asked(1)
  })

  it('a key that the bundle has no more pushes nothing, and one that was published before the last still does', async () => {
    const lost = await house.subscribe(bob, newVapidKey())
    const older = await house.subscribe(bob, house.vapidKeys[0])
    const worker = await start()
    await house.say(garden)
    await Promise.all([phone.asked(1), older.asked(1)])
    await house.decided()
    expect(lost.pushes).to.have.length(0)
    expect(worker.counts()).to.include({ failed: 1 })
  })

  it('a queue is pushed to no oftener than its budget allows; what is beyond waits', async () => {
    await start({ rate: () => ({ burst: 1, everyMs: 2_000 }) })
    await house.acknowledge(bob, await house.say(garden))
    const at = await house.say(garden)
    await phone.asked(1)
    await house.acknowledge(bob, at)
    await house.say(garden)
    await house.decided()
    expect(phone.pushes).to.have.length(1)
    await house.pass(2_000)
    await phone.asked(2)
  })

  it('a worker that dies between message and push has forgotten nothing: the next one pushes', async () => {
    phone.answers(never)
    const first = await start()
    await house.say(garden)
    await phone.asked(1)
    await first.stop()
    phone.answers(201)
    await start({}, 'two')
    await phone.asked(2)
  })

  it('a worker that stops in order leaves nothing to be told twice', async () => {
    const first = await start()
    await house.say(garden)
    await phone.asked(1)
    await house.decided()
    await first.stop()
    await start({}, 'two')
    await house.decided()
    expect(phone.pushes).to.have.length(1)
  })

  it('of two processes one pushes, and the other goes on when that one is gone', async () => {
    const first = await start()
    await start({}, 'two')
    await house.say(garden)
    await phone.asked(1)
    await house.decided()
    await first.stop()
    await house.acknowledge(bob, Number.MAX_SAFE_INTEGER)
    await house.say(garden)
    house.clock.advance(2_500)
    await phone.asked(2)
    await house.decided()
    expect(phone.pushes).to.have.length(2)
  })

  it('rows that another process has moved are read again', async () => {
    const model = await house.readModels.open(pushSchema, logId)
    await start()
    await house.say(garden)
    await phone.asked(1)
    while ((await model.get('wakes', [bob])) === undefined) await house.pass(5_000)
    await house.say(garden)
    await house.decided()
    expect(phone.pushes).to.have.length(1)
    const stood = await model.checkpoint()
    await model.apply([{ table: 'wakes', remove: [bob] }], await house.world.events.head(), stood)
    await house.pass(5_000)
    await house.say(garden)
    await phone.asked(2)
  })

  it('rows that are lost are made anew without a push; what comes then wakes', async () => {
    const first = await start()
    await house.say(garden)
    await phone.asked(1)
    await house.decided()
    await first.stop()
    await start({}, 'two', await openMemoryReadModels().open(pushSchema, logId))
    await house.decided()
    expect(phone.pushes).to.have.length(1)
    await house.say(garden)
    await phone.asked(2)
  })

  it('what nobody was told of before rows were lost is told after', async () => {
    phone.answers(500)
    const first = await start()
    await house.say(garden)
    await phone.asked(1)
    await house.decided()
    await first.stop()
    phone.answers(201)
    await start({}, 'two', await openMemoryReadModels().open(pushSchema, logId))
    await phone.asked(2)
  })

  it('a history from before there were receivers’ rows wakes nobody', async () => {
    await house.say(garden)
    await start()
    await house.decided()
    expect(phone.pushes).to.have.length(0)
  })
})
