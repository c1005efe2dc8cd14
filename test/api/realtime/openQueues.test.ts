/** The queues open on a connection: whose they are, from where they are read, and what is left when it ends. */
import { expect } from 'chai'
import { heldCursors } from '#src/api/http/request/heldCursor.js'
import { toPosition } from '#src/ports/position.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { keepOwnConsumers } from '#src/delivery/consumers.js'
import { frameWriter } from '#src/api/realtime/frameWriter.js'
import { makeOpenQueues } from '#src/api/realtime/openQueues.js'
import { makeSpeech } from '#src/api/realtime/speech.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import { groupNumber, logId, queueNumber } from '../../projections/queues/world.js'
import { startWebsocketServer } from '../websocketServer.js'
import type { WebsocketServer } from '../websocketServer.js'
import { makeWire, turn } from './wire.js'

const [ana, ben] = [queueNumber(1), queueNumber(2)]
const group = groupNumber(1)
const anaHerself = { kind: 'queue', queue: ana } as const
const logger = jsonLog(
  'silent',
  () => undefined,
  () => 0,
)

describe('the queues open on a connection', () => {
  let server: WebsocketServer
  let now = 0
  const rate = { burst: 3, everyMs: 60_000 }
  beforeEach(async () => {
    server = await startWebsocketServer()
    for (const queue of [ana, ben]) await server.world.createQueue(queue)
    await server.world.createGroup(group, ana)
    await server.level()
  })
  afterEach(() => server.close())

  const connection = ({ held = false, unsentBytesMax = limitDefaults.websocketUnsentBytesMax } = {}) => {
    const wire = makeWire({ held })
    const closed: number[] = []
    const writer = frameWriter(wire.connection)
    const speech = makeSpeech(writer, { requestId: 'r1', unsentBytesMax: Infinity, tooSlow: () => undefined })
    const { delivery, acknowledgements, consumers, world } = server
    const level = () => server.level()
    const rateLimiter = makeRateLimiter(
      { ...rateDefaults, acknowledgementsPerClient: rate, readsPerClient: { burst: 40, everyMs: 60_000 } },
      { ...systemClock, now: () => now },
    )
    const own = keepOwnConsumers({ consumers, process: 'p', clock: systemClock, logger })
    const queues = makeOpenQueues(
      {
        view: world.view,
        level,
        heldCursor: heldCursors({ logId, head: () => Promise.resolve(toPosition(100)) }),
        rateLimiter,
        delivery,
        consumers: own,
        acknowledgements,
        limits: { ...limitDefaults, websocketUnsentBytesMax: unsentBytesMax },
        logId,
        logger,
      },
      { writer, speech, close: (code) => void closed.push(code) },
    )
    const heard = async (type: string): Promise<{ readonly [field: string]: unknown }> => {
      for (;;) {
        const found = wire.frames().find((frame) => frame['type'] === type)
        if (found !== undefined) return found
        await turn()
      }
    }
    return {
      ...queues,
      heard,
      closed,
      frames: wire.frames,
      letGo: wire.letGo,
      unsent: () => wire.connection.writableLength,
    }
  }

  it('wait to be opened while too much of what was opened before is not read', async () => {
    for (let n = 0; n < 4; n++) await server.world.message(group, 0, 'x'.repeat(1_000))
    await server.level()
    const { open, unsent, letGo } = connection({ held: true, unsentBytesMax: 2_000 })
    await open(anaHerself, {})
    while (unsent() < 1_000) await turn()
    const before = unsent()
    let opened = 0
    const opens = Array.from({ length: 20 }, () => open(anaHerself, {}).then(() => opened++))
    for (let turns = 0; turns < 20; turns++) await turn()
    expect([opened, unsent()]).to.deep.equal([0, before])
    letGo()
    await Promise.all(opens)
  })

  it('begin after what was acknowledged, or after the cursor that is asked for', async () => {
    const first = await server.world.message(group, 0, 'one')
    await server.level()
    server.acknowledgements.acknowledge(ana, first)
    const [acknowledged, asked] = [connection(), connection()]
    expect(await acknowledged.open(anaHerself, {})).to.equal(undefined)
    expect((await acknowledged.heard('opened'))['after']).to.equal(`${logId}.${first.toString(36)}`)
    await acknowledged.heard('queueEmpty')
    expect(await asked.open(anaHerself, { queue: ana, after: `${logId}.0` })).to.equal(undefined)
    expect((await asked.heard('item'))['queue']).to.equal(ana)
  })

  it('say what was acknowledged, wherever reading begins: who is behind it is an older copy', async () => {
    const first = await server.world.message(group, 0, 'one')
    await server.level()
    server.acknowledgements.acknowledge(ana, first)
    const { open, heard } = connection()
    await open(anaHerself, { queue: ana, after: `${logId}.0` })
    const opened = await heard('opened')
    expect([opened['after'], opened['acknowledged']]).to.deep.equal([`${logId}.0`, `${logId}.${first.toString(36)}`])
  })

  it('cost a read each, on whatever connection, and none while the budget is empty', async () => {
    const { open, closed } = connection()
    for (let n = 0; n < 40; n++) expect(await open(anaHerself, {})).to.equal(undefined)
    expect(await open(anaHerself, {})).to.deep.equal({ rejected: { code: 'rate-limited', retryAfter: 60 } })
    expect(await open({ kind: 'queue', queue: ben }, {})).to.equal(undefined)
    now += 60_000
    expect(await open(anaHerself, {})).to.equal(undefined)
    expect(closed).to.deep.equal([])
  })

  it('are refused to others, and after a cursor of another log', async () => {
    const { open, frames } = connection()
    expect(await open(anaHerself, { queue: ben })).to.deep.equal({ rejected: { code: 'no-such-queue' } })
    expect(await open(anaHerself, { after: 'log2.1' })).to.deep.equal({ rejected: { code: 'cursor-expired' } })
    await turn()
    expect([frames(), server.delivery.counts().open]).to.deep.equal([[], 0])
  })

  it('are acknowledged by whoever has them open, and by nobody else', async () => {
    const [older, newer] = [connection(), connection()]
    await older.open(anaHerself, {})
    const upTo = `${logId}.1`
    expect(await older.acknowledge({ queue: ben, upTo })).to.deep.equal({ rejected: { code: 'no-such-queue' } })
    expect(await older.acknowledge({ queue: ana, upTo })).to.equal(undefined)
    expect(server.acknowledgements.acknowledged(ana)).to.equal(1)
    await newer.open(anaHerself, {})
    expect(await older.acknowledge({ queue: ana, upTo })).to.deep.equal({ rejected: { code: 'no-such-queue' } })
    await older.heard('displaced')
    expect([older.closed, newer.closed]).to.deep.equal([[4409], []])
  })

  it('count an acknowledgement once a second, and refuse what is more than the rate', async () => {
    const { open, acknowledge } = connection()
    await open(anaHerself, {})
    const acknowledgeAt = (position: number) => acknowledge({ queue: ana, upTo: `${logId}.${position.toString(36)}` })
    const refused = { rejected: { code: 'rate-limited', retryAfter: 57 } }
    for (let n = 1; n <= 20; n++) expect(await acknowledgeAt(n)).to.equal(undefined)
    for (let n = 21; n <= 22; n++) {
      now += 1_000
      for (let times = 0; times < 5; times++) expect(await acknowledgeAt(n)).to.equal(undefined)
    }
    now += 1_000
    expect(await acknowledgeAt(23)).to.deep.equal(refused)
    expect(server.acknowledgements.acknowledged(ana)).to.equal(22)
  })

  it('are all let go of at the end', async () => {
    const { open, end } = connection()
    await open(anaHerself, {})
    expect(server.delivery.counts().open).to.equal(1)
    expect((await server.consumers.consumers([ana])).size).to.equal(1)
    end()
    await turn()
    expect(server.delivery.counts().open).to.equal(0)
    expect((await server.consumers.consumers([ana])).size).to.equal(0)
  })
})
