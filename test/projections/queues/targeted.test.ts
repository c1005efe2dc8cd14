/** Messages for some only: whom they are shown to, and whose gaps and counts they are not in. */
import { expect } from 'chai'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import type { Position } from '#src/ports/position.js'
import { groupNumber, leaf, makeWorld, queueNumber } from './world.js'
import type { World } from './world.js'

const [ana, ben] = [queueNumber(1), queueNumber(2)]
const group = groupNumber(1)

describe('A targeted message', () => {
  let world: World
  const begin = async (limits: Parameters<typeof makeWorld>[0] = {}): Promise<void> => {
    world = await makeWorld(limits)
    await world.createQueue(ana)
    await world.createQueue(ben)
    await world.createGroup(group, ana)
    await world.commit(group, 1, { added: [leaf(1, ben)] })
  }
  beforeEach(() => begin())

  /** Ana is at leaf 0, ben at leaf 1. */
  const to = (leaves: readonly number[], text: string): Promise<Position> => world.messageTo(group, 1, leaves, text)
  const toAll = (text: string): Promise<Position> => world.message(group, 1, text)
  const shown = async (queue: QueueId, options: { readonly now?: number; readonly after?: Position } = {}) => {
    while ((await world.project()) > 0);
    return (await world.shown(queue, options)).filter((text) => !/^(?:commit|welcome)/.test(text))
  }

  it('is shown to the members at its leaves, and to nobody else', async () => {
    await toAll('one')
    await to([1], 'for ben')
    await to([0, 1], 'for both')
    await to([7], 'for nobody')
    expect(await shown(ana)).to.deep.equal(['one', 'for both'])
    expect(await shown(ben)).to.deep.equal(['one', 'for ben', 'for both'])
  })

  it('is for who sat there at its epoch: not for who came to the leaf later, nor for who was removed', async () => {
    await world.commit(group, 2, { removed: [{ ...leaf(1, ben) }], added: [leaf(1, ana)] })
    await to([1], 'to the one before')
    await world.messageTo(group, 2, [1], 'to the one now')
    expect([await shown(ana), await shown(ben)]).to.deep.equal([['to the one now'], []])
  })

  it('takes no room in the queues of others, and counts in its own', async () => {
    await begin({ limits: { queueMessagesMax: 2 } })
    await toAll('one')
    for (let n = 0; n < 300; n++) await to([1], `b${n}`)
    await toAll('two')
    expect(await shown(ana)).to.deep.equal(['one', 'two'])
    expect(await shown(ben)).to.deep.equal(['gap 300', 'b299', 'two'])
    await to([0], 'three')
    expect(await shown(ana)).to.deep.equal(['gap 1', 'two', 'three'])
    expect(await shown(ben)).to.deep.equal(['gap 300', 'b299', 'two'])
  })

  it('is in no gap of others where messages were too old', async () => {
    await begin({ limits: { queueAgeMsMax: 100 } })
    await world.messageTo(group, 1, [1], 'old', 1_000)
    await world.message(group, 1, 'new', 1_050)
    expect(await shown(ana, { now: 1_101 })).to.deep.equal(['new'])
    expect(await shown(ben, { now: 1_101 })).to.deep.equal(['gap 1', 'new'])
  })

  describe('that expired', () => {
    const expire = async (upToRevision: number, targeted?: object): Promise<void> => {
      const stored = await world.events.readStream(messagesStream(group))
      const upToPosition = stored.find(({ revision }) => revision === upToRevision)!.position
      const data = { group, upToRevision, upToPosition, ...(targeted === undefined ? {} : { targeted }) }
      await world.append(groupStream(group), { type: 'MessagesExpired', data } as never)
    }
    const fill = async (): Promise<void> => {
      await toAll('one')
      await to([1], 'for ben')
      await to([5], 'for nobody')
      await toAll('two')
      await to([1], 'again for ben')
      await toAll('three')
    }

    it('is in the gap of who was to see it alone', async () => {
      await fill()
      await expire(2, {
        count: 2,
        leaves: [
          [1, 1],
          [5, 1],
        ],
      })
      expect(await shown(ana)).to.deep.equal(['gap 1', 'two', 'three'])
      expect(await shown(ben)).to.deep.equal(['gap 2', 'two', 'again for ben', 'three'])
      await expire(4, { count: 1, leaves: [[1, 1]] })
      expect(await shown(ana)).to.deep.equal(['gap 2', 'three'])
      expect(await shown(ben)).to.deep.equal(['gap 4', 'three'])
    })

    it('rebuilds to the same rows from a truncated log', async () => {
      for (let n = 0; n < 12; n++) await fill()
      await expire(67, {
        count: 34,
        leaves: [
          [1, 23],
          [5, 11],
        ],
      })
      await fill()
      const told = [await shown(ana), await shown(ben)]
      const tables = ['queues', 'groups', 'messages', 'events', 'blocks', 'memberships', 'seats', 'own']
      const rowsOf = (of: World): Promise<unknown> =>
        Promise.all(tables.map((table) => of.model.range({ table, index: 'key', prefix: [], limit: 1_000 })))
      const before = await rowsOf(world)
      await world.events.truncate(messagesStream(group), 68)
      world = await makeWorld({ from: world.events })
      expect([await shown(ana), await shown(ben)]).to.deep.equal(told)
      expect(await rowsOf(world)).to.deep.equal(before)
      expect(told[0]![0]).to.equal('gap 34')
      expect(told[1]![0]).to.equal('gap 57')
    })

    it('leaves nothing behind of what the group keeps of them, once all are gone', async () => {
      await fill()
      await expire(5, {
        count: 3,
        leaves: [
          [1, 2],
          [5, 1],
        ],
      })
      await shown(ana)
      const [row] = await world.model.range({ table: 'groups', index: 'key', prefix: [group], limit: 1 })
      expect(row).to.not.have.property('targeted')
      expect(await world.model.range({ table: 'blocks', index: 'key', prefix: [group], limit: 9 })).to.satisfy(
        (blocks: readonly { targets?: unknown }[]) => blocks.every(({ targets }) => targets === undefined),
      )
    })
  })
})
