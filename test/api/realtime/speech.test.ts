/** What is said on a websocket: one write a turn, problems with the connection's id, and an end for who never reads. */
import { expect } from 'chai'
import { frameWriter } from '#src/api/realtime/frameWriter.js'
import { makeSpeech } from '#src/api/realtime/speech.js'
import { queueNumber } from '../../projections/queues/world.js'
import { makeWire, turn } from './wire.js'
import type { Wire } from './wire.js'

const queue = queueNumber(1)

describe('speech on a websocket', () => {
  const speakOn = ({ connection }: Wire, unsentBytesMax = 1_000) => {
    const given: { up: boolean } = { up: false }
    const options = { requestId: 'r1', unsentBytesMax, tooSlow: () => void (given.up = true) }
    return { ...makeSpeech(frameWriter(connection), options), given }
  }

  it('leaves together when it was said within one turn', async () => {
    const wire = makeWire()
    const { say, complain } = speakOn(wire)
    say({ type: 'displaced', queue })
    complain({ code: 'no-such-queue' })
    expect(wire.writes).to.have.length(0)
    await turn()
    expect(wire.writes).to.have.length(1)
    const [displaced, error] = wire.frames()
    expect(displaced).to.deep.equal({ type: 'displaced', queue })
    expect(error?.['problem']).to.include({ code: 'no-such-queue', status: 404, requestId: 'r1' })
    say({ type: 'displaced', queue })
    await turn()
    expect(wire.writes).to.have.length(2)
  })

  it('is given up once more is unsent than may be, not before', async () => {
    const wire = makeWire({ held: true })
    const bytes = 2 + JSON.stringify({ type: 'displaced', queue }).length
    const { say, given } = speakOn(wire, 2 * bytes)
    for (let said = 0; said < 2; said++) say({ type: 'displaced', queue })
    await turn()
    expect(given.up).to.equal(false)
    say({ type: 'displaced', queue })
    await turn()
    expect(given.up).to.equal(true)
  })
})
