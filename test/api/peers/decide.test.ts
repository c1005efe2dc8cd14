/** What another server's users, and that server itself, ask of a group of ours beside MLS: decided at the hub, over signed HTTP. */
import { expect } from 'chai'
import { groupAggregate } from '#src/commands/group/group.js'
import { referenceOf } from '#src/commands/group/leaves.js'
import { groupStream } from '#src/events/group.js'
import type { GroupEvent, Role } from '#src/events/group.js'
import { askedText, decideExtension } from '#src/federation/askedOfHub.js'
import { decidePath, decideRoute } from '#src/federation/inbound/decide.js'
import type { Item } from '#src/federation/item.js'
import { decide } from '#src/federation/peers/decide.js'
import { limitDefaults } from '#src/limits/limits.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { Domain, GroupId, UserId } from '#src/mls/wire/ids.js'
import type { AskedOfHub, ServerAsks } from '#src/ports/peers.js'
import { derivedId } from '#src/streams/commandId.js'
import { accept } from '#src/streams/decider.js'
import { openScene, takesAll } from '../../federation/scene.js'
import type { Scene } from '../../federation/scene.js'
import { commitOf, groupAt } from '../../simulation/federation/hub.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const rates = { requestsPerNewPeer: { burst: 1_000, everyMs: 1 }, commandsPerClient: { burst: 12, everyMs: 1e9 } }
const profile = new Uint8Array(100).fill(7)

describe('what another server asks of a group of ours', () => {
  let scene: Scene
  let hub: PeerHouse
  let follower: PeerHouse
  let third: PeerHouse
  let asked = 0

  beforeEach(async () => {
    scene = await openScene()
    await scene.add(scene.bob)
    const { server } = scene.hub
    const map = new Map<Domain, string>()
    const deps = { streams: server.streams(), blobs: server.blobs, domain: server.domain, limits: limitDefaults }
    hub = await openPeerHouse(server.domain, map, { routes: [decideRoute(deps)], rates })
    hub.own.directory = { ...hub.own.directory, extensionPaths: { [decideExtension]: decidePath } }
    follower = await openPeerHouse(scene.follower.domain, map)
    third = await openPeerHouse(nameOf('c.example'), map)
  })
  afterEach(async () => {
    for (const house of [hub, follower, third]) await house.close()
  })

  type Asking = { readonly key?: string; readonly group?: GroupId; readonly from?: PeerHouse }
  const ask = async (
    what: AskedOfHub,
    { key = `key-${asked++}`, group = scene.group, from = follower }: Asking = {},
  ) => {
    const heard = await decide(from.peers, { group, key, asked: what })
    return 'rejected' in heard ? heard.rejected : heard
  }
  const happens = async (...events: readonly GroupEvent[]): Promise<void> => {
    const { group, hub: at } = scene
    const command = { id: derivedId(group, `happens ${asked++}`), bodyHash: '', at: 1 }
    await at.server.streams().execute(groupAggregate, groupStream(group), command, () => accept(...events))
  }
  const promote = (user: UserId, role: Role = 'admin') =>
    happens({ type: 'RoleChanged', data: { group: scene.group, user, role, reason: 'requested' } })
  const mustGo = () =>
    happens({
      type: 'RemovalRequired',
      data: {
        group: scene.group,
        leaves: [{ leafIndex: 1, user: scene.bob.user, client: scene.bob.client }],
        reason: 'expired',
      },
    })
  const facts = async () =>
    (await scene.hub.server.events.readStream(groupStream(scene.group), { from: 0, limit: 100 })).slice(3)
  const bobs = () => ({ leafIndex: 1, client: scene.bob.client })

  it('is decided as at home where its admin asks, and sent back under the id that was answered', async () => {
    const { group, alice, bob } = scene
    await promote(bob.user)
    const said = [
      await ask({ type: 'changeRole', by: bob.user, user: alice.user, role: 'member' }),
      await ask({ type: 'changeSettings', by: bob.user, settings: { retentionMs: 60_000 } }),
      await ask({ type: 'changeProfile', by: bob.user, profile, ifVersion: 0 }),
      await ask({ type: 'reportFault', by: bob.user, client: bob.client, epoch: '1', detail: 'no path' }),
      await ask({ type: 'deleteGroup', by: bob.user }),
    ]
    const [, ...recorded] = await facts()
    expect(recorded.map(({ type, data }) => ({ type, data }))).to.deep.equal([
      { type: 'RoleChanged', data: { group, user: alice.user, role: 'member', by: bob.user, reason: 'requested' } },
      { type: 'SettingsChanged', data: { group, settings: { retentionMs: 60_000 }, by: bob.user } },
      {
        type: 'ProfileChanged',
        data: {
          group,
          version: 1,
          profile: { digest: await scene.hub.server.blobs.put(profile), size: 100 },
          by: bob.user,
        },
      },
      {
        type: 'FaultReported',
        data: { group, epoch: '1', by: { leafIndex: 1, user: bob.user, client: bob.client }, detail: 'no path' },
      },
      { type: 'GroupDeleted', data: { group, by: bob.user } },
    ])
    expect(said).to.deep.equal(
      recorded.map(({ id, meta, type }) => ({
        accepted: id,
        at: meta.at,
        ...(type === 'ProfileChanged' ? { version: 1 } : {}),
      })),
    )
    const items: Item[] = []
    scene.answer = (peer, to, more) => {
      items.push(...more)
      return takesAll(peer, to, more)
    }
    await scene.drain()
    expect(items.map(({ events }) => events[0])).to.include.members(recorded.map(({ id }) => id))
  })

  it('is refused of who is no admin, with the fields that say why', async () => {
    const { alice, bob } = scene
    const capability = (what: AskedOfHub) => ask(what).then((said) => said)
    const successor = makeId('group', follower.domain, new Uint8Array(16))
    expect([
      await capability({ type: 'changeRole', by: bob.user, user: alice.user, role: 'member' }),
      await capability({ type: 'changeSettings', by: bob.user, settings: { retentionMs: 60_000 } }),
      await capability({ type: 'changeProfile', by: bob.user, profile, ifVersion: 0 }),
      await capability({ type: 'deleteGroup', by: bob.user }),
      await capability({ type: 'resetGroup', by: bob.user, successor }),
    ]).to.deep.equal(
      ['roles', 'settings', 'profile', 'delete', 'reset'].map((one) => ({ code: 'not-allowed', capability: one })),
    )
    await promote(bob.user)
    expect(await ask({ type: 'changeProfile', by: bob.user, profile, ifVersion: 3 }, { key: 'old' })).to.deep.equal({
      code: 'version-mismatch',
      current: 0,
    })
  })

  it('is one command where it is asked for again, whatever has happened since; another body is another', async () => {
    const { bob } = scene
    await promote(bob.user)
    const settings = (retentionMs: number): AskedOfHub => ({
      type: 'changeSettings',
      by: bob.user,
      settings: { retentionMs },
    })
    const first = await ask(settings(60_000), { key: 'k' })
    expect(await ask({ type: 'changeProfile', by: bob.user, profile, ifVersion: 0 }, { key: 'p' })).to.include({
      version: 1,
    })
    await mustGo()
    expect(await ask(settings(60_000), { key: 'k' })).to.deep.equal(first)
    expect(await ask({ type: 'changeProfile', by: bob.user, profile, ifVersion: 0 }, { key: 'p' })).to.include({
      version: 1,
    })
    expect(await ask(settings(70_000), { key: 'k' })).to.deep.equal({ code: 'idempotency-mismatch' })
    expect(await ask(settings(70_000))).to.deep.equal({ code: 'not-a-member' })
    expect(await facts()).to.have.length(4)
  })

  it('has no fact where nothing has to change', async () => {
    const { bob } = scene
    await promote(bob.user)
    const said = await ask({ type: 'changeRole', by: bob.user, user: bob.user, role: 'admin' })
    expect(said).to.have.property('accepted', undefined)
    expect(said).not.to.have.property('code')
  })

  it('is the word of a server on its own people alone, who are in the group', async () => {
    const { alice, bob, bea } = scene
    await promote(bob.user)
    const end = (by: UserId): AskedOfHub => ({ type: 'deleteGroup', by })
    const notTheirs = { code: 'no-such-group' }
    expect(await ask(end(alice.user))).to.deep.equal(notTheirs)
    expect(await ask(end(bob.user), { from: third })).to.deep.equal(notTheirs)
    expect(await ask(end(bea.user))).to.deep.equal(notTheirs)
    const fault = { type: 'reportFault', by: bob.user, epoch: '1', detail: '' } as const
    expect(await ask({ ...fault, client: alice.client })).to.deep.equal(notTheirs)
    expect(await ask({ ...fault, client: bea.client })).to.deep.equal({ code: 'not-a-member' })
    expect(await ask(end(makeId('user', third.domain, new Uint8Array(16))), { from: third })).to.deep.equal(notTheirs)
    const successor = makeId('group', hub.domain, new Uint8Array(16))
    expect(await ask({ type: 'resetGroup', by: bob.user, successor })).to.deep.equal(notTheirs)
    const { status } = await follower.peers.ask(hub.domain, {
      ...{ method: 'POST', endpoint: decideExtension, contentType: 'application/json' },
      parameters: { roomId: makeId('group', follower.domain, new Uint8Array(16)) },
      body: new TextEncoder().encode(askedText(end(bob.user))),
      ...{ bytesMax: 10_000, timeoutMs: 10_000 },
    })
    expect(status).to.equal(404)
    await mustGo()
    expect(await ask(end(bob.user))).to.deep.equal({ code: 'not-a-member' })
    expect((await groupAt(scene.hub, scene.group))?.status).to.equal('active')
  })

  it('gives a group up for one that is reserved with the server that asks', async () => {
    await promote(scene.bob.user)
    const successor = makeId('group', follower.domain, new Uint8Array(16).fill(1))
    expect(await ask({ type: 'resetGroup', by: scene.bob.user, successor })).to.have.property('accepted')
    expect((await facts()).at(-1)?.data).to.include({ successor })
    expect(await ask({ type: 'deleteGroup', by: scene.bob.user })).to.deep.equal({ code: 'group-deleted', successor })
  })

  it('lets go of leaves that are its own, and of no others', async () => {
    const { alice, bob, group } = scene
    const gone: ServerAsks = { type: 'requireRemoval', reason: 'userDeleted', leaves: [bobs()] }
    expect(await ask({ ...gone, leaves: [bobs(), { leafIndex: 0, client: alice.client }] })).to.deep.equal({
      code: 'no-such-group',
    })
    expect(
      await ask(
        { ...gone, leaves: [{ leafIndex: 0, client: makeId('client', third.domain, new Uint8Array(16)) }] },
        { from: third },
      ),
    ).to.deep.equal({
      code: 'no-such-group',
    })
    await promote(bob.user)
    await promote(alice.user, 'member')
    const said = await ask(gone, { key: 'once' })
    const [, , required, heir, ...more] = await facts()
    expect(required?.data).to.deep.equal({ group, leaves: [{ ...bobs(), user: bob.user }], reason: 'userDeleted' })
    expect(heir?.data).to.include({ user: alice.user, role: 'admin', reason: 'succession' })
    expect(said).to.include({ accepted: heir?.id })
    expect(await ask(gone, { key: 'once' })).to.deep.equal(said)
    expect(await ask(gone)).to.have.property('accepted', undefined)
    expect([...more, ...(await facts()).slice(4)]).to.deep.equal([])
  })

  it('lets go of a leaf whose queue is gone where it still names that queue', async () => {
    const reference = referenceOf((await groupAt(scene.hub, scene.group))!, 1)!
    const gone = (named: string | undefined): ServerAsks => ({
      type: 'requireRemoval',
      reason: 'queueGone',
      leaves: [{ ...bobs(), ...(named === undefined ? {} : { reference: named }) }],
    })
    expect(await ask(gone(undefined))).to.have.property('accepted', undefined)
    expect(await ask(gone(reference.slice(4)))).to.have.property('accepted', undefined)
    expect(await ask(gone(reference)))
      .to.have.property('accepted')
      .that.is.a('string')
    expect((await facts()).map(({ type }) => type)).to.deep.equal(['RemovalRequired'])
  })

  it('is not heard of a group that nobody of that server was ever in', async () => {
    expect(await commitOf(scene.hub, scene.group, scene.alice, [{ type: 'remove', removed: 1 }])).to.equal(true)
    const gone: ServerAsks = { type: 'requireRemoval', reason: 'userDeleted', leaves: [bobs()] }
    expect(await ask(gone)).to.have.property('accepted', undefined)
    expect(
      await ask(
        { ...gone, leaves: [{ leafIndex: 1, client: makeId('client', third.domain, new Uint8Array(16)) }] },
        { from: third },
      ),
    ).to.deep.equal({
      code: 'no-such-group',
    })
  })

  it('is charged to the user', async () => {
    const role: AskedOfHub = { type: 'changeRole', by: scene.bob.user, user: scene.bob.user, role: 'member' }
    for (let n = 0; n < 12; n++) expect(await ask(role)).to.have.property('code', 'not-allowed')
    expect(await ask(role)).to.have.property('code', 'rate-limited')
  })

  it('is refused as at a server that decides nothing for others where it has no such endpoint', async () => {
    hub.own.directory = { ...hub.own.directory, extensionPaths: {} }
    expect(await ask({ type: 'deleteGroup', by: scene.bob.user })).to.deep.equal({
      code: 'not-allowed',
      capability: 'decideElsewhere',
    })
  })
})
