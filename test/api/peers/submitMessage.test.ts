/** Messages of a follower's clients, decided at the hub, over signed HTTP. */
import { expect } from 'chai'
import { refuseMessageOf } from '#src/commands/group/messages.js'
import { groupAggregate } from '#src/commands/group/group.js'
import type { RemovalReason } from '#src/commands/group/fold/state.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { countTargeted } from '#src/api/groups/targets.js'
import { besideIn, messageType } from '#src/federation/messageType.js'
import { submitMessagePath, submitMessageRoute } from '#src/federation/inbound/submitMessage.js'
import type { Item } from '#src/federation/item.js'
import { submitMessage } from '#src/federation/peers/submitMessage.js'
import { problemField, rejectionSaid } from '#src/federation/problemHeader.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { submitMessageRequest } from '#src/federation/wire/submitMessage.js'
import { limitDefaults } from '#src/limits/limits.js'
import { parseGroupId } from '#src/mls/wire/ids.js'
import type { Domain, GroupId, UserId } from '#src/mls/wire/ids.js'
import { decodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { reject } from '#src/streams/rejection.js'
import { derivedId } from '#src/streams/commandId.js'
import { accept } from '#src/streams/decider.js'
import { accepted } from '../../mls/vectors.js'
import { openScene, takesAll } from '../../federation/scene.js'
import type { Scene } from '../../federation/scene.js'
import { commitOf, forgedMessage, groupAt } from '../../simulation/federation/hub.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { testFranks } from '../../support/testFranks.js'
import { messageWith } from '../reporting.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const rates = { requestsPerNewPeer: { burst: 1_000, everyMs: 1 }, sendsPerClient: { burst: 12, everyMs: 1e9 } }

describe('messages that another server’s users send', () => {
  let scene: Scene
  let houses: readonly PeerHouse[] = []
  let hub: PeerHouse
  let follower: PeerHouse
  let third: PeerHouse

  beforeEach(async () => {
    scene = await openScene()
    await scene.add(scene.bob)
    const { server } = scene.hub
    const map = new Map<Domain, string>()
    const limits = { ...limitDefaults, targetsMax: 3, targetedPerEpochMax: 2 }
    const targeted = countTargeted(limits)
    const deps = { streams: server.streams(), domain: server.domain, limits, franks: testFranks, targeted }
    hub = await openPeerHouse(server.domain, map, { routes: [submitMessageRoute(deps)], rates })
    const { domain } = scene.follower
    const ofFollower = { ...deps, domain, streams: scene.follower.streams() }
    follower = await openPeerHouse(domain, map, { routes: [submitMessageRoute(ofFollower)], rates })
    for (const { own } of [hub, follower])
      own.directory = { ...own.directory, paths: { submitMessage: submitMessagePath } }
    third = await openPeerHouse(nameOf('c.example'), map)
    houses = [hub, follower, third]
  })
  afterEach(async () => {
    for (const house of houses) await house.close()
  })

  type Sending = { readonly user?: UserId; readonly group?: GroupId; readonly epoch?: bigint; readonly key?: string }
  const send = (
    { user = scene.bob.user, group = scene.group, epoch = 1n, key = 'one' }: Sending = {},
    from = follower,
  ) =>
    submitMessage(from.peers, {
      group,
      user,
      message: forgedMessage(scene.hub.chance, group, epoch),
      idempotencyKey: key,
    })
  const refused = async (sending: Sending, from = follower): Promise<unknown> => {
    const heard = await send(sending, from)
    return 'rejected' in heard ? heard.rejected : heard
  }
  const stored = () => scene.hub.server.events.readStream(messagesStream(scene.group), { from: 0, limit: 100 })

  /** As it stands on the wire, and what is answered to it. */
  const ask = async (
    body: Uint8Array,
    group = scene.group,
    contentType = 'message/mls',
    [from, to]: readonly [PeerHouse, Domain] = [follower, scene.hub.server.domain],
  ) => {
    const answer = await from.peers.ask(to, {
      ...{ method: 'POST', endpoint: 'submitMessage', parameters: { roomId: group }, contentType, body },
      ...{ bytesMax: 10_000, timeoutMs: 10_000 },
    })
    const { headers, status } = answer
    const text = Buffer.from(answer.body)
    const code = status === 200 ? undefined : (JSON.parse(text.toString()) as { code: string }).code
    return {
      status,
      code: code ?? rejectionSaid(headers['homeserver-problem'])?.code,
      hex: text.toString('hex'),
      type: headers['content-type'],
    }
  }
  const bodyOf = (appMessage: Uint8Array, sendingUri: string = scene.bob.user) =>
    encodeBody(submitMessageRequest, { appMessage, sendingUri })

  it('are accepted, and sent to its server as any other, under the id that was answered', async () => {
    const sent = await send()
    const [event] = await stored()
    expect(sent).to.deep.equal({ at: event?.meta.at, accepted: event?.id })
    const items: Item[] = []
    scene.answer = (peer, group, more) => {
      items.push(...more)
      return takesAll(peer, group, more)
    }
    await scene.drain()
    expect(items.map(({ kind, events }) => [kind, events[0]])).to.deep.include(['message', event?.id])
  })

  it('are franked as those of our own users are, where a tag stands beside them', async () => {
    const tag = new Uint8Array(32).fill(3)
    const message = messageWith(scene.group, 1n, tag)
    await submitMessage(follower.peers, { group: scene.group, user: scene.bob.user, message, idempotencyKey: 'f' })
    await send({ key: 'untagged' })
    const [franked, bare] = await stored()
    const { frank = '' } = franked!.data as { frank?: string }
    const said = { tag, sender: scene.bob.user, group: scene.group, at: franked!.meta.at }
    expect(testFranks.holds(fromBase64url(frank)!, said)).to.equal(true)
    expect(bare!.data).not.to.have.property('frank')
  })

  it('for some, or urgent, say so in the fact, with the servers that it concerns', async () => {
    const said = async (key: string, targets: readonly number[] | undefined, urgency?: 'urgent' | 'silent') =>
      submitMessage(follower.peers, {
        ...{ group: scene.group, user: scene.bob.user, idempotencyKey: key, targets, urgency },
        message: forgedMessage(scene.hub.chance, scene.group, 1n),
      })
    expect(await said('one', [0], 'silent')).to.have.property('accepted')
    expect(await said('two', [0, 1])).to.have.property('accepted')
    expect(await said('three', undefined, 'urgent')).to.have.property('accepted')
    const [ofHub, ofBoth, ofAll] = (await stored()).map(({ data }) => data as Record<string, unknown>)
    expect(ofHub).to.deep.include({ targets: [0], servers: [], urgency: 'silent' })
    expect(ofBoth)
      .to.deep.include({ targets: [0, 1], servers: [scene.follower.domain] })
      .and.not.have.property('urgency')
    expect(ofAll).to.include({ urgency: 'urgent' }).and.not.have.any.keys('targets', 'servers')
  })

  it('for some are so many of a user in an epoch, for each of its leaves; what is refused or repeated is not counted', async () => {
    const message = forgedMessage(scene.hub.chance, scene.group, 1n)
    const send = (key: string, targets: readonly number[] | undefined, bytes = message) =>
      submitMessage(follower.peers, {
        group: scene.group,
        user: scene.bob.user,
        idempotencyKey: key,
        message: bytes,
        targets,
      })
    expect(await send('one', [0])).to.have.property('accepted')
    expect(await send('one', [0])).to.have.property('accepted')
    expect(await send('one', [1])).to.have.nested.property('rejected.code', 'idempotency-mismatch')
    expect(await send('one', undefined)).to.have.nested.property('rejected.code', 'idempotency-mismatch')
    expect(await send('late', [0], forgedMessage(scene.hub.chance, scene.group, 9n))).to.have.property('rejected')
    expect(await send('two', [0])).to.have.property('accepted')
    expect(await send('three', [0])).to.deep.equal(
      reject({ code: 'limit-reached', limit: 'targetedPerEpochMax', max: 2 }),
    )
    expect(await send('two', [0])).to.have.property('accepted')
    expect(await send('four', undefined)).to.have.property('accepted')
    expect(await stored()).to.have.length(3)
  })

  it('for too many, for a leaf twice, or with words that nobody knows in their type, are for nobody', async () => {
    const body = bodyOf(forgedMessage(scene.hub.chance, scene.group, 1n))
    const asked = async (type: string) => (await ask(body, scene.group, `message/mls; ${type}`)).code
    expect(await asked('targets=0.1.2.3')).to.equal('limit-reached')
    expect(await asked('targets=1.1')).to.equal('malformed')
    for (const type of [
      'targets=',
      'targets=x',
      'targets=4294967296',
      'target=1',
      'urgency=soon',
      'urgency=silent; targets=1',
    ])
      expect(await asked(type), type).to.equal('malformed')
    expect(await stored()).to.deep.equal([])
  })

  it('are one send where they are asked for again, whatever has happened since', async () => {
    const message = forgedMessage(scene.hub.chance, scene.group, 1n)
    const { group, bob, alice, hub } = scene
    const again = () => submitMessage(follower.peers, { group, user: bob.user, message, idempotencyKey: 'k' })
    const first = await again()
    expect(await again()).to.deep.equal(first)
    expect(await commitOf(hub, group, alice, [{ type: 'remove', removed: 1 }])).to.equal(true)
    expect(await again()).to.deep.equal(first)
    expect(await refused({ key: 'another' })).to.deep.equal({ code: 'not-a-member' })
    expect(await stored()).to.have.length(1)
  })

  it('are refused of who is in no group, and of who must go', async () => {
    const { group, bea, bob, hub } = scene
    expect(await refused({ user: bea.user })).to.deep.equal({ code: 'no-such-group' })
    const reason: RemovalReason = 'expired'
    const leaves = [{ leafIndex: 1, user: bob.user, client: bob.client }]
    await hub.server
      .streams()
      .execute(groupAggregate, groupStream(group), { id: derivedId(group, 'gone'), bodyHash: '', at: 1 }, () =>
        accept({ type: 'RemovalRequired', data: { group, leaves, reason } }),
      )
    expect(await refused({})).to.deep.equal({ code: 'not-a-member' })
    expect(await stored()).to.deep.equal([])
  })

  it('need one leaf of the user that may stay, whichever', async () => {
    const { hub, group, bob, bea } = scene
    const state = (await groupAt(hub, group))!
    const [, seat] = state.leaves.values()
    const leaves = new Map([...state.leaves, [2, { ...seat!, leafIndex: 2, client: bea.client }]])
    const clients = new Map([...state.clients, [bea.client, 2]])
    const mustGo = (...gone: readonly number[]) =>
      new Map(gone.map((leaf) => [leaf, { occupant: leaves.get(leaf)!, reason: 'expired' as const }]))
    const { privateMessage } = privateMessageIn(forgedMessage(hub.chance, group, 1n))
    const refusal = (required: ReturnType<typeof mustGo>) =>
      refuseMessageOf({ ...state, leaves, clients, required }, bob.user, privateMessage, limitDefaults)
    expect(refusal(mustGo(1))).to.equal(undefined)
    expect(refusal(mustGo(2))).to.equal(undefined)
    expect(refusal(mustGo(1, 2))).to.deep.equal(reject({ code: 'not-a-member' }))
  })

  it('are refused of users that are not of the server that asks', async () => {
    const { alice, bob } = scene
    expect(await refused({ user: alice.user })).to.deep.equal({ code: 'no-such-group' })
    expect(await refused({ user: bob.user }, third)).to.deep.equal({ code: 'no-such-group' })
    expect(await ask(bodyOf(forgedMessage(scene.hub.chance, scene.group, 1n), scene.bea.user))).to.include({
      status: 404,
      code: 'no-such-group',
    })
    expect(await ask(bodyOf(forgedMessage(scene.hub.chance, scene.group, 1n), alice.user))).to.include({
      status: 403,
      code: 'identity-mismatch',
    })
    expect(await stored()).to.deep.equal([])
  })

  it('are refused with the epoch where theirs is too old, and by name where it has not begun', async () => {
    const { hub, group, alice, bea } = scene
    for (let n = 0; n < 6; n++)
      await (n % 2 === 0 ? scene.add(bea) : commitOf(hub, group, alice, [{ type: 'remove', removed: 2 }]))
    expect(await refused({ epoch: 1n })).to.deep.equal({ code: 'epoch-too-old', currentEpoch: '7' })
    expect(await refused({ epoch: 8n, key: 'two' })).to.deep.equal({ code: 'wrong-epoch', currentEpoch: '7' })
    expect(await ask(bodyOf(forgedMessage(hub.chance, group, 8n)))).to.include({
      ...{ status: 200, code: 'wrong-epoch', hex: '0101', type: 'message/mls' },
    })
    expect(await refused({ epoch: 2n, key: 'three' })).not.to.have.property('code')
  })

  it('are refused of a group that is closed', async () => {
    const { hub, group, bob } = scene
    await hub.server
      .streams()
      .execute(groupAggregate, groupStream(group), { id: derivedId(group, 'deleted'), bodyHash: '', at: 1 }, () =>
        accept({ type: 'GroupDeleted', data: { group } }),
      )
    expect(await refused({ user: bob.user })).to.deep.equal({ code: 'group-deleted' })
    expect(await refused({ user: scene.bea.user })).to.deep.equal({ code: 'no-such-group' })
  })

  it('are refused where they are of another group, of no group of the hub, or none', async () => {
    const { hub, group } = scene
    const other = parseGroupId(group.replace(/.{4}$/, 'AAAA'))!
    const message = forgedMessage(hub.chance, group, 1n)
    const foreign = parseGroupId(group.replace('s0.example', 's1.example'))!
    expect(await ask(bodyOf(forgedMessage(hub.chance, other, 1n)))).to.include({
      status: 200,
      code: 'malformed',
      hex: '0101',
    })
    expect(await ask(bodyOf(forgedMessage(hub.chance, foreign, 1n)), foreign)).to.include({
      status: 404,
      code: 'no-such-group',
    })
    expect(await ask(bodyOf(message, 'mimi://s1.example/d/x'))).to.include({ status: 400, code: 'malformed' })
    expect(await ask(bodyOf(message).subarray(1))).to.include({ status: 422, code: 'unsupported-message' })
    expect(await ask(Uint8Array.of(...bodyOf(message), 0))).to.include({ status: 400, code: 'malformed' })
    expect(await ask(Buffer.from('{}'), group, 'application/json')).to.include({ status: 400, code: 'malformed' })
    expect(await stored()).to.deep.equal([])
  })

  it('are charged to the user, but for what was accepted already', async () => {
    const { hub, group } = scene
    const sent = (n: number) => send({ key: `key-${n}` })
    for (let n = 0; n < 12; n++) await sent(n)
    expect((await ask(bodyOf(forgedMessage(hub.chance, group, 1n)))).status).to.equal(429)
    expect(await stored()).to.have.length(12)
  })

  it('are refused where the group is another server’s and followed here, as if it were not', async () => {
    const { hub: ofHub, group, alice, follower: followedBy } = scene
    await scene.follow(await scene.drain())
    const { state } = await followedBy.streams().read(groupAggregate, groupStream(group))
    expect(state.status).to.equal('active')
    const body = bodyOf(forgedMessage(ofHub.chance, group, 1n), alice.user)
    const answer = await ask(body, group, 'message/mls', [hub, followedBy.domain])
    expect(answer).to.include({ status: 404, code: 'no-such-group' })
  })

  it('are refused where they are too large', async () => {
    const { hub, group } = scene
    const large = forgedMessage(
      { ...hub.chance, bytes: () => new Uint8Array(limitDefaults.mlsMessageBytesMax) },
      group,
      1n,
    )
    expect(await ask(bodyOf(large))).to.include({ status: 413, code: 'too-large' })
  })
})

const privateMessageIn = (bytes: Uint8Array) => {
  const message = accepted(decodeMlsMessage(bytes))
  if (message.wireFormat !== 'privateMessage') throw new Error('a PrivateMessage was forged')
  return message
}

describe('the field that says why something was refused', () => {
  it('is ASCII, and leaves out what is long', () => {
    const field = problemField({ code: 'wrong-epoch', currentEpoch: '3', winningCommit: 'A'.repeat(2_000) })
    expect(JSON.parse(field)).to.deep.equal({ code: 'wrong-epoch', currentEpoch: '3' })
    const words = problemField({ code: 'malformed', detail: 'né 😀' })
    expect(words).to.match(/^[ -~]*$/)
    expect(JSON.parse(words)).to.deep.equal({ code: 'malformed', detail: 'né 😀' })
    expect(problemField({ code: 'malformed', detail: '😀'.repeat(250) }).length).to.be.at.most(4_096)
  })

  it('is read for a code that there is, and nothing else', () => {
    expect(rejectionSaid('{"code":"not-a-member","more":1}')?.code).to.equal('not-a-member')
    for (const field of [
      undefined,
      '',
      '{',
      '[]',
      '{"code":7}',
      '{"code":"no-such-code"}',
      '{"code":"internal"}',
      '{"code":"toString"}',
    ])
      expect(rejectionSaid(field), field).to.equal(undefined)
  })
})

describe('the media type of a message', () => {
  it('says whom it is for and how urgent it is, and reads as that', () => {
    for (const [said, type] of [
      [{ targets: undefined, urgency: undefined }, 'message/mls'],
      [{ targets: [0], urgency: undefined }, 'message/mls; targets=0'],
      [{ targets: [4_294_967_295, 7], urgency: 'silent' }, 'message/mls; targets=4294967295.7; urgency=silent'],
      [{ targets: undefined, urgency: 'urgent' }, 'message/mls; urgency=urgent'],
    ] as const) {
      expect(messageType(said)).to.equal(type)
      expect(besideIn(type)).to.deep.equal(said)
    }
    expect(messageType({ targets: undefined, urgency: 'normal' })).to.equal('message/mls')
    expect(besideIn('message/mls; urgency=normal')).to.deep.equal({ targets: undefined, urgency: 'normal' })
    expect(besideIn(undefined)).to.equal(undefined)
  })
})
