/** From the outbox of one server to the record of another, over signed HTTP. */
import { expect } from 'chai'
import { groupAggregate } from '#src/commands/group/group.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { notifyPath, notifyRoute } from '#src/federation/inbound/notify.js'
import { itemsType } from '#src/federation/itemsType.js'
import type { Item } from '#src/federation/item.js'
import { encodeItems } from '#src/federation/numbered.js'
import { itemsExtension, notifyPeers } from '#src/federation/outbox/notifyPeers.js'
import type { FollowerRecord } from '#src/federation/record/record.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { gapItem, messageItem } from '#src/federation/wire/itemContents.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { changed, openScene } from '../../federation/scene.js'
import type { Scene } from '../../federation/scene.js'
import { addOf } from '../../commands/forgedPeople.js'
import { commitOf, message, notice, propose } from '../../simulation/federation/hub.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const itemBytes = 64 * 1024
const rates = {
  requestsPerNewPeer: { burst: 1_000, everyMs: 1 },
  itemBytesPerNewPeer: { burst: itemBytes, everyMs: 1_000 },
}

type Street = {
  readonly scene: Scene
  readonly hub: PeerHouse
  readonly follower: PeerHouse
  readonly third: PeerHouse
}

describe('items between servers', () => {
  let street: Street
  /** So many requests meet another process that records the group. */
  let busy = 0

  beforeEach(async () => {
    const scene = await openScene()
    const map = new Map<Domain, string>()
    const hub = await openPeerHouse(scene.hub.server.domain, map)
    const third = await openPeerHouse(nameOf('c.example'), map)
    const record: FollowerRecord['record'] = async (...given) => {
      if (busy-- > 0) throw new StoreUnavailable('another process records this group')
      return scene.follower.record().record(...given)
    }
    const routes = [notifyRoute({ record: { record } })]
    const follower = await openPeerHouse(scene.follower.domain, map, { routes, rates })
    const { directory } = follower.own
    follower.own.directory = { ...directory, paths: { notify: notifyPath }, extensions: [itemsExtension] }
    scene.answer = notifyPeers(hub)
    street = { scene, hub, follower, third }
  })
  afterEach(async () => {
    for (const house of [street.hub, street.follower, street.third]) await house.close()
  })

  const rounds = async (times = 6): Promise<void> => {
    for (let n = 0; n < times; n++) {
      await street.scene.round()
      street.scene.advance(2_000)
    }
  }

  const ask = async (from: PeerHouse, body: Uint8Array, contentType: string) => {
    const { scene, follower } = street
    const answer = await from.peers.ask(follower.domain, {
      ...{ method: 'POST', endpoint: 'notify', parameters: { roomId: scene.group }, contentType, body },
      ...{ bytesMax: 10_000, timeoutMs: 10_000 },
    })
    const { code, next, reason, detail } = JSON.parse(Buffer.from(answer.body).toString()) as Record<string, unknown>
    return { status: answer.status, code, next, why: reason ?? detail, header: answer.headers['homeserver-next'] }
  }
  const send = (from: PeerHouse, items: readonly Item[]) =>
    ask(from, encodeItems(items), itemsType(items[0]?.sequence ?? 0))

  it('bring a join, Commits, proposals, notices and messages to the follower, confirmed and once', async () => {
    const { hub, group, alice, bob, bea, follower } = street.scene
    await commitOf(hub, group, alice, [addOf(bob)])
    await message(hub, group)
    await notice(hub, group)
    await rounds()
    await commitOf(hub, group, alice, [addOf(bea)])
    await message(hub, group)
    await propose(hub, group)
    await rounds()
    const ids = async (server: Scene['follower'], stream: string) =>
      (await server.events.readStream(stream, { from: 0, limit: 100 })).map(({ id, meta }) => meta.cause ?? id)
    expect(await ids(follower, messagesStream(group))).to.deep.equal(await ids(hub.server, messagesStream(group)))
    const [, , ...decided] = await ids(hub.server, groupStream(group))
    expect(await ids(follower, groupStream(group))).to.deep.equal(decided)
    expect(await hub.server.view().unconfirmed(follower.domain)).to.deep.equal([])
    const groupOf = async (server: Scene['follower']) => {
      const { state } = await server.streams().read(groupAggregate, groupStream(group))
      return state.status === 'active' ? toBase64url(state.mls.groupContext) : state.status
    }
    expect(await groupOf(follower)).to.equal(await groupOf(hub.server))
    expect(street.follower.shown).to.include(hub.server.domain)
  })

  it('are answered with the number that is next: 201, and 409 where they lie beyond it', async () => {
    const { scene, hub } = street
    const caught: Item[] = []
    const { answer } = scene
    scene.answer = (_peer, _group, items) => {
      caught.push(...items)
      return Promise.reject(new Error('away'))
    }
    await scene.add(scene.bob)
    await message(scene.hub, scene.group)
    await rounds()
    scene.answer = answer
    const [join, said] = caught
    expect(await send(hub, [{ ...said!, sequence: 4 }])).to.include({
      status: 409,
      code: 'item-unexpected',
      next: 0,
      header: '0',
    })
    expect(await send(hub, [join!, said!])).to.include({ status: 201, next: 2, header: '2' })
    expect(await send(hub, [join!])).to.include({ status: 201, next: 2 })
    expect(await scene.answer(scene.follower.domain, scene.group, [{ ...said!, sequence: 9 }])).to.deep.equal({
      status: 'unexpected',
      next: 2,
    })
  })

  it('that break a rule end a group, and the hub is told why', async () => {
    const { scene } = street
    const { answer } = scene
    scene.answer = (peer, group, items) =>
      answer(
        peer,
        group,
        items.map((item) =>
          item.kind === 'message'
            ? changed(item, messageItem, (said) => ({
                ...said,
                message: { ...said.message, message: notOurs(said.message.message) },
              }))
            : item,
        ),
      )
    await scene.add(scene.bob)
    await message(scene.hub, scene.group)
    await rounds()
    const [stopped] = scene.hub.server.worker().status().stopped
    expect(stopped?.why).to.contain('the message names another group')
    expect([...scene.follower.record().broken().keys()]).to.deep.equal([scene.group])
  })

  it('of a group of another domain are none of a peer’s business', async () => {
    const gap: Item = { sequence: 0, kind: 'gap', events: [], bytes: encodeBody(gapItem, { count: 1 }) }
    expect(await send(street.third, [gap])).to.include({ status: 404, code: 'no-such-group' })
    expect(street.scene.follower.record().broken().size).to.equal(0)
  })

  for (const [what, body, type, expected] of [
    ['without a number', Uint8Array.of(6, 0, 4, 0, 0, 0, 1), 'message/mls', { status: 400, code: 'malformed' }],
    ['that are none', Uint8Array.of(), itemsType(0), { status: 400, code: 'malformed' }],
    ['of no kind', Uint8Array.of(9, 0, 0), itemsType(0), { status: 400, code: 'malformed', why: 'itemKind' }],
    ['of another form', Uint8Array.of(6, 0, 1, 0), itemsType(0), { status: 400, code: 'malformed', why: 'truncated' }],
    ['numbered by nothing', Uint8Array.of(6, 0, 4, 0, 0, 0, 1), 'message/mls; sequence=', { status: 400 }],
    ['with a number of another form', Uint8Array.of(6, 0, 4, 0, 0, 0, 1), 'message/mls; sequence=007', { status: 400 }],
    ['as JSON', Buffer.from('{}'), 'application/json', { status: 400, code: 'malformed' }],
    [
      'with a number beyond numbers',
      Uint8Array.of(6, 0, 4, 0, 0, 0, 1),
      `message/mls; sequence=${'9'.repeat(16)}`,
      { status: 400 },
    ],
  ] as const)
    it(`${what} are refused`, async () => {
      expect(await ask(street.hub, body, type)).to.include(expected)
    })

  it('go to no server that does not know them', async () => {
    const { scene, follower } = street
    follower.own.directory = { ...follower.own.directory, extensions: [] }
    await scene.add(scene.bob)
    await rounds()
    expect(follower.asked.filter((line) => line.startsWith('POST'))).to.deep.equal([])
    expect(scene.hub.server.worker().seen(scene.follower.domain)?.failing).not.to.equal(undefined)
  })

  it('that another process records meanwhile are sent again', async () => {
    const { scene, follower } = street
    busy = 1
    await scene.add(scene.bob)
    await rounds()
    expect(follower.asked.filter((line) => line.startsWith('POST'))).to.have.length(2)
    expect(await scene.hub.server.view().unconfirmed(follower.domain)).to.deep.equal([])
  })

  it('of new groups are few from a server that is new', async () => {
    const { scene, hub } = street
    const gap: Item = { sequence: 0, kind: 'gap', events: [], bytes: encodeBody(gapItem, { count: 1 }) }
    const statuses: number[] = []
    for (let n = 0; n < 11; n++) statuses.push((await send(hub, [gap])).status)
    expect(statuses).to.deep.equal([...Array.from({ length: 10 }, () => 422), 429])
    expect((await send(hub, [{ ...gap, sequence: 1 }])).status).to.equal(422)
    expect(scene.follower.record().broken().size).to.equal(1)
  })

  it('are so many bytes in a day, whatever becomes of them, and a body that is one too many is not looked at', async () => {
    const { hub } = street
    const gaps = Array.from({ length: 1_000 }, (_, n): Item => ({
      sequence: 5 + n,
      kind: 'gap',
      events: [],
      bytes: encodeBody(gapItem, { count: 1 }),
    }))
    const bytes = encodeItems(gaps).length
    const whole = Math.floor(itemBytes / bytes)
    for (let n = 0; n < whole; n++) expect(await send(hub, gaps)).to.include({ status: 409, code: 'item-unexpected' })
    expect(await send(hub, gaps)).to.include({ status: 429, code: 'rate-limited' })
    const fewer = gaps.slice(0, 1)
    expect(encodeItems(fewer).length).to.be.below(itemBytes - whole * bytes)
    expect(await send(hub, fewer)).to.include({ status: 409 })
  })
})

/** The same message, of another group: its id stands behind four bytes of header and one of length. */
const notOurs = (bytes: Uint8Array): Uint8Array => {
  const other = bytes.slice()
  const last = 4 + 1 + (bytes[4] ?? 0) - 1
  other[last] = other[last] === 0x41 ? 0x51 : 0x41
  return other
}
