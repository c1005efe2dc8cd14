/** Messages of a follower's clients, decided at the hub, over signed HTTP. */
import { expect } from 'chai'
import { refuseMessageOf } from '#src/commands/group/messages.js'
import { groupAggregate } from '#src/commands/group/group.js'
import type { RemovalReason } from '#src/commands/group/fold/state.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
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
  let follower: PeerHouse
  let third: PeerHouse

  beforeEach(async () => {
    scene = await openScene()
    await scene.add(scene.bob)
    const { server } = scene.hub
    const map = new Map<Domain, string>()
    const deps = { streams: server.streams(), domain: server.domain, limits: limitDefaults, franks: testFranks }
    const routes = [submitMessageRoute(deps)]
    const hub = await openPeerHouse(server.domain, map, { routes, rates })
    hub.own.directory = { ...hub.own.directory, paths: { submitMessage: submitMessagePath } }
    follower = await openPeerHouse(scene.follower.domain, map)
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
  const ask = async (body: Uint8Array, group = scene.group, contentType = 'message/mls') => {
    const answer = await follower.peers.ask(scene.hub.server.domain, {
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
