/** What an operator's act has on record is done by the server that starts after a crash, whoever asks again or not. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { act } from '#src/commands/chains/operatorAct.js'
import { operatorsAggregate, recordAct } from '#src/commands/operators/operators.js'
import type { RecordAct } from '#src/commands/operators/operators.js'
import { initialiseServer, serverAggregate } from '#src/commands/server/server.js'
import { operatorsStream } from '#src/events/operators.js'
import { serverStream } from '#src/events/server.js'
import { placedOf } from '#src/items/placed.js'
import { origin } from '#src/ports/position.js'
import { finishActs } from '#src/reactions/finishActs.js'
import { commandOf } from '#src/reactions/rule.js'
import { makeStreams } from '#src/streams/streams.js'
import { silentLogger } from '../support/silentLogger.js'

const dayMs = 24 * 60 * 60 * 1_000
const digest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
const by = { token: 'n4bQgYhMfWWaL-qg' }
const takeDown: RecordAct = { by, what: { type: 'takeDown', digest }, why: 'told to' }
const lift: RecordAct = { by, what: { type: 'liftTakedown', digest }, why: 'told to' }
const acceptClock: RecordAct = { by, what: { type: 'acceptClock' }, why: 'it is' }

describe('an act that is on record', () => {
  const now = systemClock.now()
  const world = async () => {
    const events = openMemoryEventStore()
    const streams = makeStreams({
      events,
      snapshots: openMemorySnapshots(),
      cacheBytesMax: 1_000_000,
      pause: () => Promise.resolve(),
    })
    const first = initialiseServer({ domain: 'd', logId: 'l', keysFingerprint: 'k' })
    await streams.execute(serverAggregate, serverStream, { id: 'i', bodyHash: '', at: 1 }, first)
    /** All that has happened, asked again from the beginning, as after the loss of every checkpoint. */
    const react = async (at = now): Promise<void> => {
      for (const stored of await events.readAll({ after: origin })) {
        const command = (target: string) => commandOf(stored.id, 'finishActs', target, at)
        await finishActs({ rememberMs: dayMs, models: [] }).react(placedOf(stored), {
          streams,
          logger: silentLogger,
          command,
        })
      }
    }
    const record = (id: string, what: RecordAct) =>
      streams.execute(operatorsAggregate, operatorsStream, { id, bodyHash: id, at: now }, recordAct(what))
    const doing = (id: string, what: RecordAct) => act(streams, { id, bodyHash: id, at: now }, what)
    const done = async (): Promise<readonly string[]> =>
      (await events.readAll({ after: origin })).map(({ type }) => type).filter((type) => /^(Digest|Clock)/.test(type))
    return { react, record, doing, done }
  }

  it('is done where a crash left it undone, once', async () => {
    const { react, record, done } = await world()
    await record('a', takeDown)
    await react()
    await react()
    expect(await done()).to.deep.equal(['DigestTakenDown'])
  })

  it('is not done again, nor when it was undone since', async () => {
    const { react, doing, done } = await world()
    await doing('a', takeDown)
    await doing('b', lift)
    await doing('c', acceptClock)
    const before = await done()
    await react()
    await react(now + 2 * dayMs)
    expect(await done()).to.deep.equal(before)
    expect(before).to.deep.equal(['DigestTakenDown', 'DigestTakedownLifted', 'ClockAccepted'])
  })

  it('about the clock is past after a day, as what it said is', async () => {
    const { react, record, done } = await world()
    await record('a', acceptClock)
    await react(now + dayMs)
    expect(await done()).to.deep.equal([])
    await react(now + dayMs - 1)
    expect(await done()).to.deep.equal(['ClockAccepted'])
  })
})
