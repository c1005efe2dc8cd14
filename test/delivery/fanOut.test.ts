/** The live side of delivery alone: who joins, what they are handed and told, and who falls back. */
import { expect } from 'chai'
import type { Consumer } from '#src/delivery/consumer.js'
import { consumerOf } from '#src/delivery/consumer.js'
import { deliveredOf } from '#src/delivery/delivered.js'
import type { Delivered } from '#src/delivery/delivered.js'
import { makeFanOut } from '#src/delivery/fanOut.js'
import type { FanOut } from '#src/delivery/fanOut.js'
import { makeHandOver } from '#src/delivery/handOver.js'
import { keepRecent } from '#src/delivery/recent.js'
import { makeViewer } from '#src/delivery/viewer.js'
import { origin, toPosition } from '#src/ports/position.js'
import type { Position } from '#src/ports/position.js'
import { recipientsOf } from '#src/projections/queues/view.js'
import { groupStream } from '#src/events/group.js'
import {
  groupNumber,
  inShort,
  logId,
  makeWorld,
  occupant,
  openSealed,
  queueNumber,
} from '../projections/queues/world.js'
import type { World } from '../projections/queues/world.js'

const [ana, group] = [queueNumber(1), groupNumber(1)]

describe('the live side of delivery', () => {
  let world: World
  let checkpoint: Position
  let fanOut: FanOut
  let told: string[]
  let unsent: number
  let flushes: (() => void)[]
  let fallen: Consumer[]
  const enough = 100

  beforeEach(async () => {
    world = await makeWorld()
    await world.createQueue(ana)
    await world.createGroup(group, ana)
    while ((await world.project()) > 0);
    checkpoint = await world.model.checkpoint()
    told = []
    unsent = 0
    flushes = []
    fallen = []
    begin({ events: 100, bytes: 1e6 })
  })

  /** The one member is cut off. */
  const leaves = async (): Promise<Delivered> => {
    const gone = [{ ...occupant(0) }]
    await world.append(groupStream(group), {
      type: 'RemovalRequired',
      data: { group, leaves: gone, reason: 'queueGone' },
    })
    return deliveredOf((await world.events.readAll({ after: origin, limit: 500 })).at(-1)!, { open: openSealed, logId })
  }

  const begin = (kept: Parameters<typeof keepRecent>[1]): void => {
    fanOut = makeFanOut({
      start: checkpoint,
      recent: keepRecent(checkpoint, kept),
      handOver: makeHandOver({ logId, unsentBytesMax: enough }),
      pace: (flush) => flushes.push(flush),
      fellBack: (consumer) => fallen.push(consumer),
    })
  }

  const say = async (text: string): Promise<Delivered> => {
    const position = await world.message(group, 0, text)
    const [event] = await world.events.readAll({ after: toPosition(position - 1), limit: 1 })
    return deliveredOf(event!, { open: openSealed, logId })
  }
  const deliver = (...delivered: readonly Delivered[]): void => {
    fanOut.deliver({ delivered, upTo: delivered.at(-1)!.position }, ({ position }) => told.push(`past ${position}`))
  }

  /** A consumer that was pulled up to the checkpoint; `due`: where the log ended when it was opened. */
  const join = async (
    due: Position,
    after = checkpoint,
  ): Promise<{ readonly consumer: Consumer; readonly joined: boolean }> => {
    const row = (await world.view.queue(ana))!
    const consumer = consumerOf(row, after, {
      item: ({ bytes }) => told.push(inShort(bytes)),
      signal: (tail) => told.push(tail.toString()),
      queueEmpty: (position) => told.push(`empty at ${position}`),
      flush: () => told.push('flush'),
      unsentBytes: () => unsent,
      ready: () => Promise.resolve(),
      ended: () => undefined,
    })
    consumer.due = due
    const memberships = await world.view.memberships(ana, checkpoint)
    const recipients = recipientsOf(row)
    const viewer = makeViewer(ana, recipients, memberships)
    return { consumer, joined: fanOut.join({ queue: ana, recipients, viewer, consumer }, checkpoint) }
  }

  it('replays what came since the checkpoint, says that the queue is empty, and goes on', async () => {
    const [one, two] = [await say('one'), await say('two')]
    deliver(one)
    told = []
    expect((await join(one.position)).joined).to.equal(true)
    expect(told).to.deep.equal(['one', `empty at ${one.position}`, 'flush'])
    told = []
    deliver(two)
    expect(told).to.deep.equal(['two', `past ${two.position}`])
    for (const flush of flushes) flush()
    expect(told.at(-1)).to.equal('flush')
    expect(fanOut.size()).to.equal(1)
  })

  it('says that the queue is empty once it has come to where the log ended, and once only', async () => {
    const [one, two] = [await say('one'), await say('two')]
    await join(two.position)
    expect(told).to.deep.equal(['flush'])
    deliver(one)
    deliver(two)
    deliver(await say('three'))
    expect(told.filter((word) => word.startsWith('empty'))).to.deep.equal([`empty at ${two.position}`])
  })

  it('replays nothing that the consumer has', async () => {
    const [one, two] = [await say('one'), await say('two')]
    deliver(one, two)
    told = []
    await join(two.position, one.position)
    expect(told).to.deep.equal(['two', `empty at ${two.position}`, 'flush'])
  })

  it('lets nobody join for whom something is no longer at hand', async () => {
    begin({ events: 1, bytes: 1e6 })
    deliver(await say('one'), await say('two'))
    told = []
    expect((await join(origin)).joined).to.equal(false)
    expect([told, fanOut.size()]).to.deep.equal([[], 0])
  })

  it('lets go of who has more than enough, before the next event', async () => {
    const { consumer } = await join(checkpoint)
    unsent = enough + 1
    const [one, two] = [await say('one'), await say('two')]
    deliver(one, two)
    expect(fallen).to.deep.equal([consumer])
    expect(told).to.include('one').and.not.include('two')
    expect([consumer.cursor, consumer.live, fanOut.size()]).to.deep.equal([one.position, undefined, 0])
  })

  it('hands nothing to who has left', async () => {
    const { consumer } = await join(checkpoint)
    fanOut.leave(consumer)
    deliver(await say('one'))
    expect(told).to.not.include('one')
  })

  it('tells a signal to who is there, but not to its sender, nor to whom it would have to wait for', async () => {
    await join(checkpoint)
    const signal = (of: typeof group, leafIndex: number) => {
      told = []
      flushes = []
      const counts = fanOut.signal({ group: of, leafIndex, bytes: Buffer.from('typing') })
      flushes.splice(0).forEach((flush) => {
        flush()
      })
      return [counts, told]
    }
    const frame = `"signal":"${Buffer.from('typing').toString('base64url')}"}`
    expect(signal(group, 1)).to.deep.equal([{ told: 1, passedOver: 0 }, [frame, 'flush']])
    expect(signal(group, 0), 'its own').to.deep.equal([{ told: 0, passedOver: 0 }, []])
    expect(signal(groupNumber(2), 1), 'of another group').to.deep.equal([{ told: 0, passedOver: 0 }, []])
    unsent = Math.ceil(enough / 16) + 1
    expect(signal(group, 1), 'slow').to.deep.equal([{ told: 0, passedOver: 1 }, []])
    expect([fallen, fanOut.size()]).to.deep.equal([[], 1])
    unsent = 0
    deliver(await leaves(), await say('late'))
    expect(signal(group, 1), 'removed').to.deep.equal([{ told: 0, passedOver: 0 }, []])
  })
})
