/** A hub that speaks of a group that is not its own, or founds one under its random part: neither is in the other's way. */
import { expect } from 'chai'
import { groupStream } from '#src/events/group.js'
import type { GroupEvent } from '#src/events/group.js'
import type { Json } from '#src/events/form/json.js'
import { messagesStream } from '#src/events/messages.js'
import { factsBytes } from '#src/federation/facts.js'
import type { Item } from '#src/federation/item.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { gapItem, messageItem, noticeItem } from '#src/federation/wire/itemContents.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { domainOf, localPart, parseGroupId } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { addOf } from '../../commands/forgedPeople.js'
import { commitOf, forgedMessage, found, groupAt, message } from '../../simulation/federation/hub.js'
import type { Hub } from '../../simulation/federation/hub.js'
import type { Server } from '../../simulation/federation/server.js'
import { openThree, resetAt } from './threeServers.js'
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
  return {
    kind: 'message',
    events: [],
    bytes: encodeBody(messageItem, { message: fanout, targets: [], urgency: 'normal' }),
  }
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
          await resetAt(honest, hub)
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
        await resetAt(honest, hostile.domain)
      }
    expect(await streams(honest, own)).to.deep.equal(before)
  })
})

describe('two hubs whose groups have the same random part', () => {
  /** Mallory's group under the random part of another, with bob in it, and what bob's server has got of it. */
  const squat = async (three: Three, group: GroupId): Promise<{ readonly hub: Hub; readonly other: GroupId }> => {
    const { hostile, people } = three
    const [, bob, mallory] = people
    const hub: Hub = { ...three.hub, server: hostile }
    const other = await found(hub, mallory, fromBase64url(localPart(group)))
    expect(await commitOf(hub, other, mallory, [addOf(bob)])).to.equal(true)
    await told(three)
    return { hub, other }
  }
  const told = async ({ hostile, honest, advance }: Three): Promise<void> => {
    for (let n = 0; n < 4; n++) {
      await hostile.project()
      await hostile.worker().serve(honest.domain)
      advance(2_000)
    }
    await hostile.project()
    expect(await hostile.view().unconfirmed(honest.domain)).to.deep.equal([])
  }
  const here = async (server: Server, group: GroupId) => {
    const state = await groupAt({ server }, group)
    const messages = await server.events.readStream(messagesStream(group), { from: 0, limit: 100 })
    return { group: state?.group, hub: state?.hub, messages: messages.length }
  }

  it('both live at a follower, whichever came first', async () => {
    const three = await openThree()
    const { honest, hostile, group } = three
    const { hub, other } = await squat(three, group)
    await message(three.hub, group)
    expect(await three.reaches(honest)).to.equal(true)
    for (let n = 0; n < 2; n++) await message(hub, other)
    await told(three)
    expect(await here(honest, group)).to.deep.equal({ group, hub: three.hub.server.domain, messages: 1 })
    expect(await here(honest, other)).to.deep.equal({ group: other, hub: hostile.domain, messages: 2 })
    expect(three.hub.server.worker().status().stopped).to.deep.equal([])
  })

  it('both live where one of them is the follower’s own', async () => {
    const three = await openThree()
    const { honest, hostile } = three
    const own = await found({ ...three.hub, server: honest }, three.people[1])
    const { hub, other } = await squat(three, own)
    await message(hub, other)
    await told(three)
    expect(await here(honest, own)).to.deep.equal({ group: own, hub: undefined, messages: 0 })
    expect(await here(honest, other)).to.deep.equal({ group: other, hub: hostile.domain, messages: 1 })
  })
})
