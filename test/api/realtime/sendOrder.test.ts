/** The order of one connection's sends in one group, by the log: with a cold group, with slow and with lost appends. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { makeSendMessage } from '#src/api/groups/messages.js'
import { newSendLine } from '#src/api/realtime/sendLine.js'
import { messagesStream } from '#src/events/messages.js'
import { limitDefaults } from '#src/limits/limits.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import type { EventStore } from '#src/ports/eventStore.js'
import type { OtherServers } from '#src/ports/peers.js'
import { commandId } from '#src/streams/commandId.js'
import { makeStreams } from '#src/streams/streams.js'
import { domain, messageOf } from '../../commands/mlsFixture.js'
import type { TestClient } from '../../commands/mlsFixture.js'
import { testFranks } from '../../support/testFranks.js'
import { startHouse } from '../groupHouse.js'
import type { House } from '../groupHouse.js'
import { circle } from '../groupPeople.js'

const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise(setImmediate)
}

describe('sends of one connection to one group', () => {
  const log = openMemoryEventStore()
  let house: House
  let alice: TestClient
  let groups: GroupId[]
  let messages: Uint8Array[]
  before(async () => {
    house = await startHouse({ events: log })
    const [one, other] = [await circle(house), await circle(house)]
    alice = one.alice
    groups = [one.group, other.group]
    let state = one.of(alice)
    messages = []
    for (let n = 0; n < 8; n++) {
      const sent = await messageOf(state, `text ${String(n)}`)
      messages.push(sent.message)
      state = sent.state
    }
  })
  after(() => house.close())

  /** Sends all at once over one line; answers what each heard, and their order in the log. */
  const sendAll = async (events: EventStore, appendsInOrder: boolean, name: string) => {
    const streams = makeStreams({
      ...{ events, snapshots: openMemorySnapshots(), cacheBytesMax: 1e7, pause: () => Promise.resolve() },
    })
    const send = makeSendMessage({ streams, domain, limits: limitDefaults, franks: testFranks, appendsInOrder })
    const line = newSendLine()
    const by = { user: alice.user, client: alice.client }
    const ids = messages.map((_, n) => commandId(name, String(n)))
    const heard = await Promise.all(
      messages.map((message, n) =>
        send(
          { kind: 'client', ...by } as never,
          { group: groups[0], message },
          { id: ids[n]!, at: Date.now() },
          line,
        ).then(
          (sent) => ('rejected' in sent ? sent.rejected.code : 'accepted'),
          (error: unknown) => (error instanceof StoreUnavailable ? 'store-unavailable' : String(error)),
        ),
      ),
    )
    const stored = await log.readStream(messagesStream(groups[0]!))
    const order = stored.map(({ meta }) => ids.indexOf(meta.command)).filter((n) => n >= 0)
    return { heard, order }
  }
  const accepted = (): string[] => messages.map(() => 'accepted')
  const inOrder = [0, 1, 2, 3, 4, 5, 6, 7]

  /** Reads take longer the sooner they came. */
  const slowReads = (): EventStore => {
    let left = 20
    return {
      ...log,
      exclusive: false,
      readStream: async (...asked) => {
        await turns((left = Math.max(0, left - 4)))
        return log.readStream(...asked)
      },
    }
  }

  it('stand in the log as they were written, though each had to read the group first', async () => {
    for (const appendsInOrder of [true, false]) {
      const { heard, order } = await sendAll(slowReads(), appendsInOrder, `cold ${String(appendsInOrder)}`)
      expect([heard, order]).to.deep.equal([accepted(), inOrder])
    }
  })

  it('wait for each other where the log does not keep the order of what it is asked', async () => {
    let appends = 0
    const slow: EventStore = {
      ...log,
      append: async (...asked) => {
        await turns(++appends % 2 === 0 ? 0 : 10)
        return log.append(...asked)
      },
    }
    const { heard, order } = await sendAll(slow, false, 'slow appends')
    expect([heard, order]).to.deep.equal([accepted(), inOrder])
  })

  it('fail with the one before them whose end nobody knows: none overtakes it', async () => {
    let late: Promise<unknown> = Promise.resolve()
    let appends = 0
    const timesOut: EventStore = {
      ...log,
      append: async (...asked) => {
        if (++appends !== 3) return log.append(...asked)
        late = turns(30).then(() => log.append(...asked))
        await turns(2)
        throw new StoreUnavailable('no answer in time')
      },
    }
    const { heard, order } = await sendAll(timesOut, false, 'lost append')
    expect(heard).to.deep.equal(['accepted', 'accepted', ...inOrder.slice(2).map(() => 'store-unavailable')])
    expect(order).to.deep.equal([0, 1])
    await late
    const again = await sendAll(log, false, 'lost append')
    expect([again.heard, again.order]).to.deep.equal([accepted(), inOrder])
  })

  it('are asked of another server’s hub one after the other', async () => {
    const asked: Uint8Array[] = []
    let underWay = 0
    const submitMessage: OtherServers['submitMessage'] = async ({ message }) => {
      expect(++underWay).to.equal(1)
      await turns(10 - asked.push(message))
      underWay--
      return { at: 1, accepted: undefined }
    }
    const elsewhere = { others: { submitMessage } as OtherServers, until: () => Promise.resolve(undefined) }
    const streams = makeStreams({
      ...{ events: log, snapshots: openMemorySnapshots(), cacheBytesMax: 1e7, pause: () => Promise.resolve() },
    })
    const here = { streams, domain: parseDomain('follower.example')!, limits: limitDefaults, franks: testFranks }
    const send = makeSendMessage({ ...here, elsewhere })
    const line = newSendLine()
    const by = { user: alice.user, client: alice.client }
    const sent = messages.map((message, n) => send(by, { group: groups[0], message }, { id: `id ${n}`, at: 1 }, line))
    for (const one of await Promise.all(sent)) expect(one).to.have.property('elsewhere')
    expect(asked).to.deep.equal(messages)
  })

  it('do not wait for those to another group, nor after a refusal', async () => {
    const line = newSendLine()
    const ends: (() => void)[] = []
    const stuck = line.take(
      groups[0]!,
      () =>
        new Promise<string>((resolve) =>
          ends.push(() => {
            resolve('first')
          }),
        ),
    )
    const behind = line.take(groups[0]!, () => Promise.resolve('second'))
    expect(await line.take(groups[1]!, () => Promise.resolve('other'))).to.equal('other')
    ends[0]?.()
    expect([await stuck, await behind]).to.deep.equal(['first', 'second'])
  })
})
