/** The queues open on a connection: whose they are, from where they are read, and what is left when it ends. */
import { expect } from 'chai'
import { jsonLog } from '#src/adapters/system/logger.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { keepOwnConsumers } from '#src/delivery/consumers.js'
import { frameWriter } from '#src/api/realtime/frameWriter.js'
import { makeOpenQueues } from '#src/api/realtime/openQueues.js'
import { makeSpeech } from '#src/api/realtime/speech.js'
import { limitDefaults } from '#src/limits/limits.js'
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
  beforeEach(async () => {
    server = await startWebsocketServer()
    for (const queue of [ana, ben]) await server.world.createQueue(queue)
    await server.world.createGroup(group, ana)
    await server.level()
  })
  afterEach(() => server.close())

  const connection = () => {
    const wire = makeWire()
    const closed: number[] = []
    const writer = frameWriter(wire.connection)
    const speech = makeSpeech(writer, { requestId: 'r1', unsentBytesMax: Infinity, tooSlow: () => undefined })
    const { delivery, acknowledgements, consumers, world } = server
    const level = () => server.level()
    const own = keepOwnConsumers({ consumers, process: 'p', clock: systemClock, logger })
    const queues = makeOpenQueues(
      { view: world.view, level, delivery, consumers: own, acknowledgements, limits: limitDefaults, logId, logger },
      { writer, speech, close: (code) => void closed.push(code) },
    )
    const heard = async (type: string): Promise<{ readonly [field: string]: unknown }> => {
      for (;;) {
        const found = wire.frames().find((frame) => frame['type'] === type)
        if (found !== undefined) return found
        await turn()
      }
    }
    return { ...queues, heard, closed, frames: wire.frames }
  }

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
    expect(older.acknowledge({ queue: ben, upTo })).to.deep.equal({ rejected: { code: 'no-such-queue' } })
    expect(older.acknowledge({ queue: ana, upTo })).to.equal(undefined)
    expect(server.acknowledgements.acknowledged(ana)).to.equal(1)
    await newer.open(anaHerself, {})
    expect(older.acknowledge({ queue: ana, upTo })).to.deep.equal({ rejected: { code: 'no-such-queue' } })
    await older.heard('displaced')
    expect([older.closed, newer.closed]).to.deep.equal([[4409], []])
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
