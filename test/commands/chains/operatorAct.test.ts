/** What an operator does is on record before it is done; whoever dies in between is finished by whoever asks again. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { act } from '#src/commands/chains/operatorAct.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { makeStreams } from '#src/streams/streams.js'

const digest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
const [takeDown, liftTakedown] = (['takeDown', 'liftTakedown'] as const).map((type) => ({
  by: { token: 'n4bQgYhMfWWaL-qg' },
  what: { type, digest },
  why: 'told to',
})) as [Parameters<typeof act>[2], Parameters<typeof act>[2]]
const command = (id: string) => ({ id, bodyHash: id, at: 1_800_000_000_000 })

describe('what an operator does', () => {
  const world = () => {
    const events = openMemoryEventStore()
    /** As after a restart: nothing is known but what the log has. */
    const streams = (store: EventStore = events) =>
      makeStreams({
        events: store,
        snapshots: openMemorySnapshots(),
        cacheBytesMax: 1_000_000,
        pause: () => Promise.resolve(),
      })
    /** The process dies before anything is written on a stream of digests. */
    const dying = {
      ...events,
      append: (...asked: Parameters<EventStore['append']>) =>
        asked[0].startsWith('digest-')
          ? Promise.reject(new StoreUnavailable('the process is gone'))
          : events.append(...asked),
    }
    const written = async (): Promise<readonly string[]> =>
      (await events.readAll({ after: origin })).map(({ type }) => type)
    return { events, streams, dying, written }
  }
  const failure = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)

  it('is on record when the process dies before it is done, and done once by whoever asks again', async () => {
    const { streams, dying, written } = world()
    expect(await failure(act(streams(dying), command('a'), takeDown))).to.be.instanceOf(StoreUnavailable)
    expect(await written()).to.deep.equal(['OperatorActed'])
    const first = await act(streams(), command('a'), takeDown)
    expect(first).to.deep.include({ repeated: true })
    expect(await written()).to.deep.equal(['OperatorActed', 'DigestTakenDown'])
    expect(await act(streams(), command('a'), takeDown)).to.deep.equal(first)
    expect(await written()).to.have.length(2)
  })

  it('names its cause in what it led to', async () => {
    const { events, streams } = world()
    await act(streams(), command('a'), takeDown)
    const [acted, taken] = await events.readAll({ after: origin })
    expect(taken?.meta.cause).to.equal(acted?.id)
  })

  it('answers with a place from which both are seen', async () => {
    const { events, streams } = world()
    expect(await act(streams(), command('a'), takeDown)).to.have.property('position', await events.head())
  })

  it('leaves what a later act did when it is finished after that', async () => {
    const { streams, dying, written } = world()
    await failure(act(streams(dying), command('a'), takeDown))
    await act(streams(), command('b'), liftTakedown)
    await act(streams(), command('a'), takeDown)
    expect(await written()).to.deep.equal(['OperatorActed', 'OperatorActed', 'DigestTakedownLifted'])
  })
})
