/** A stream is cut only once every projection that has rows of its messages has dropped them. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { placedOf } from '#src/items/placed.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { makeRunner } from '#src/projections/runner.js'
import { queuesProjection } from '#src/projections/queues/projection.js'
import { truncateMessages } from '#src/reactions/expireMessages.js'
import { commandOf } from '#src/reactions/rule.js'
import { makeStreams } from '#src/streams/streams.js'
import { handClock } from '../adapters/eventStoreDB/handClock.js'
import { groupNumber, makeWorld, openSealed } from '../projections/queues/world.js'
import { silentLogger } from '../support/silentLogger.js'

const group = groupNumber(1)

describe('expired messages', () => {
  it('stay in the log while a projection has not dropped its rows, and go when it has', async () => {
    const events = openMemoryEventStore()
    const world = await makeWorld({ from: events })
    for (const text of ['one', 'two']) await world.message(group, 0, text)
    const expired = { type: 'MessagesExpired', data: { group, upToRevision: 0 } } as const
    await world.append(groupStream(group), expired)
    const [stored] = await events.readStream(groupStream(group))

    const clock = handClock()
    const projection = queuesProjection({ domain: 'example.org', open: openSealed, mayRepeat: false })
    const model = await openMemoryReadModels().open(projection.schema, 'log')
    const behind = makeRunner({ projection, model, events, clock, logger: silentLogger })
    const streams = makeStreams({
      events,
      snapshots: openMemorySnapshots(),
      cacheBytesMax: 1,
      pause: () => Promise.resolve(),
    })
    const react = async (): Promise<unknown> => {
      const command = (target: string) => commandOf(stored!.id, 'truncateMessages', target, clock.now())
      const context = { streams, logger: silentLogger, command }
      const rule = truncateMessages({ events, runners: [behind] })
      return rule.react(placedOf(stored!), context).then(
        () => 'cut',
        (error: unknown) => error,
      )
    }
    const left = async (): Promise<number> => (await events.readStream(messagesStream(group))).length

    const waiting = react()
    await clock.sleeping(1_000)
    clock.advance(60_000)
    expect(await waiting).to.be.instanceOf(StoreUnavailable)
    expect(await left()).to.equal(2)

    const stop = new AbortController()
    const running = makeRunner({ projection, model, events, clock: systemClock, logger: silentLogger }).run(stop.signal)
    while ((await model.checkpoint()) < (await events.head())) await new Promise((resolve) => setImmediate(resolve))
    expect(await react()).to.equal('cut')
    expect(await left()).to.equal(1)
    stop.abort()
    await running
  })
})
