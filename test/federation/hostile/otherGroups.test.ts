/** A hub that speaks of a group that is not its own: under a name that leads to the same streams, or in the name of another. */
import { expect } from 'chai'
import { groupStream } from '#src/events/group.js'
import type { GroupEvent } from '#src/events/group.js'
import type { Json } from '#src/events/form/json.js'
import { messagesStream } from '#src/events/messages.js'
import { factsBytes } from '#src/federation/facts.js'
import type { Item } from '#src/federation/item.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { gapItem, messageItem, noticeItem } from '#src/federation/wire/itemContents.js'
import { domainOf, localPart, parseGroupId } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { forgedMessage, found, message } from '../../simulation/federation/hub.js'
import type { Server } from '../../simulation/federation/server.js'
import { openThree } from './threeServers.js'
import type { Three } from './threeServers.js'

/** What anybody may make up: the random part of a group that it knows, under its own domain. */
const sameNameAt = ({ domain }: Server, group: GroupId): GroupId =>
  parseGroupId(`mimi://${domain}/g/${localPart(group)}`)!

const noticeOf = (event: GroupEvent): Omit<Item, 'sequence'> => {
  const fact = factsBytes({ type: event.type, data: event.data as unknown as Json })
  return { kind: 'notice', events: [], bytes: encodeBody(noticeItem, { timestamp: 1, fact, bytes: undefined }) }
}

const messageOf = (three: Three, group: GroupId): Omit<Item, 'sequence'> => {
  const sent = forgedMessage(three.hub.chance, group, 1n)
  const fanout = { type: 'application', timestamp: 1, message: sent, frank: undefined } as const
  return { kind: 'message', events: [], bytes: encodeBody(messageItem, { message: fanout, targets: [] }) }
}

describe('a hub that speaks of a group that is not its own', () => {
  let three: Three
  beforeEach(async () => {
    three = await openThree()
    await message(three.hub, three.group)
    await three.reaches(three.honest)
  })

  const streams = async ({ events }: Server, group: GroupId) => {
    const read = async (stream: string) =>
      (await events.readStream(stream, { from: 0, limit: 100 })).map(({ id, meta }) => [id, meta.hub])
    return [await read(groupStream(group)), await read(messagesStream(group))]
  }

  const says: Readonly<Record<string, (group: GroupId, other: GroupId) => Omit<Item, 'sequence'>>> = {
    'that it is deleted': (group) => noticeOf({ type: 'GroupDeleted', data: { group } }),
    'who is its admin': (group) =>
      noticeOf({
        type: 'RoleChanged',
        data: { group, user: three.people[2].user, role: 'admin', reason: 'requested' },
      }),
    'a message of it': (group) => messageOf(three, group),
    'a message under its own name': (_, other) => messageOf(three, other),
    'a gap in it': () => ({ kind: 'gap', events: [], bytes: encodeBody(gapItem, { count: 5 }) }),
    'how it began': () => ({ ...three.sentTo(three.honest)[0]! }),
  }
  for (const [what, itemOf] of Object.entries(says))
    it(`is not heard where it says ${what}, and the group goes on as its own hub says`, async () => {
      const { honest, hostile, group } = three
      const other = sameNameAt(hostile, group)
      const before = await streams(honest, group)
      const hub = hostile.domain
      const record = honest.record()
      for (const of of [other, group]) {
        for (const sequence of [0, 1, 2, 3, 4, 7]) {
          await record.record({ hub, group: of }, [{ ...itemOf(group, other), sequence }])
          record.resume(of)
        }
      }
      expect(await streams(honest, group)).to.deep.equal(before)
      await message(three.hub, group)
      expect(await three.reaches(honest)).to.equal(true)
      expect(three.hub.server.worker().status().stopped).to.deep.equal([])
    })

  it('is not heard of a group of our own', async () => {
    const { honest, hostile } = three
    const own = await found({ ...three.hub, server: honest }, three.people[1])
    expect(domainOf(own)).to.equal(honest.domain)
    const before = await streams(honest, own)
    for (const itemOf of Object.values(says))
      for (const sequence of [0, 1, 2]) {
        const other = sameNameAt(hostile, own)
        const from = { hub: hostile.domain, group: other }
        expect(await honest.record().record(from, [{ ...itemOf(own, other), sequence }])).to.not.include({
          status: 'recorded',
        })
        honest.record().resume(other)
      }
    expect(await streams(honest, own)).to.deep.equal(before)
  })
})
