/** Every call of the interface that names a group, made by a client of another server than the group’s: its own server answers them all. */
import { expect } from 'chai'
import type { ClientState } from 'ts-mls'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { limitDefaults } from '#src/limits/limits.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import type { Answer, AskOptions } from '../groupHouse.js'
import { at, reserved } from '../groupPeople.js'
import {
  add,
  commitOf,
  externalCommitOf,
  keyPackageOf,
  messageOf,
  proposalOf,
  random,
  received,
} from '../../commands/mlsFixture.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { operationsOf } from '../../faults/contract.js'
import type { Resident } from '../../faults/house.js'
import { isMadeByMembers, routeOf } from './callsOfGroups.js'
import { groupAcross } from './groupAcross.js'
import { followerDomain, happened, hubDomain, openStreet } from './twoServers.js'
import type { Street } from './twoServers.js'

describe('a client of another server', () => {
  let street: Street
  let hub: ComposedServer
  let follower: ComposedServer
  let alice: Resident
  let bob: Resident
  let group: GroupId
  let ofAlice: ClientState
  let ofBob: ClientState
  /** What was answered well, as the document has its routes. */
  const answered = new Set<string>()

  before(async () => {
    street = await openStreet()
    hub = await composeServer(street.settingsOf(hubDomain))
    follower = await composeServer(street.settingsOf(followerDomain))
    await founded()
  })
  after(async () => {
    await hub.close()
    await follower.close()
    await street.close()
  })

  /** Alice's group at the hub, with bob of the follower as an admin. */
  const founded = async (): Promise<void> => {
    ;({ alice, bob, group, ofAlice, ofBob } = await groupAcross(hub, follower))
    const admin = { json: { role: 'admin' } }
    expect(await hub.ask(alice, 'PUT', at(group, `/roles/${encodeURIComponent(bob.user)}`), admin)).to.have.property(
      'status',
      200,
    )
    await happened(follower, isOf('RoleChanged'))
  }
  const isOf =
    (type: string) =>
    (event: StoredEvent): boolean =>
      event.type === type && (event.data as { group?: string }).group === group

  /** As bob, of his own server; `route`: as the document has it. */
  const call = async (route: string, options: AskOptions = {}, more = ''): Promise<Answer> => {
    const [method = '', template = ''] = route.split(' ')
    const path = template
      .replace('{group}', encodeURIComponent(group))
      .replace('{user}', encodeURIComponent(alice.user))
    const answer = await follower.ask(bob, method, path + more, options)
    if (answer.status < 300) answered.add(route)
    return answer
  }
  const read = async (route: string, more = ''): Promise<Answer['body']> => {
    const { status, body } = await call(route, {}, more)
    expect(status, JSON.stringify(body)).to.equal(200)
    return body
  }
  /** A command: what was accepted is waited for by a read, and is one command however often it is asked for. */
  const decided = async (route: string, options: AskOptions, type: string): Promise<Answer['body']> => {
    const key = options.key ?? `${answered.size}-${type}`
    const { status, body } = await call(route, { ...options, key })
    expect(status, JSON.stringify(body)).to.equal(202)
    const accepted = String(body['accepted'])
    await follower.ask(bob, 'GET', at(group, `?atLeast=${accepted}`))
    const recorded = (await follower.log()).find(({ meta }) => meta.cause === accepted)
    expect(recorded?.type).to.equal(type)
    expect(recorded?.meta.hub?.domain).to.equal(hubDomain)
    const again = await call(route, { ...options, key })
    expect(again.body).to.include({ accepted })
    expect((await follower.log()).filter(({ meta }) => meta.cause === accepted)).to.have.length(1)
    return body
  }

  it('reads the group', async () => {
    const view = await read('GET /v1/groups/{group}')
    expect(view['members']).to.have.length(2)
    expect(await read('GET /v1/groups/{group}/groupInfo')).to.have.property('epoch', '1')
    expect(await read('GET /v1/groups/{group}/tree', '?epoch=1')).to.have.property('epoch', '1')
    expect(await read('GET /v1/groups/{group}/commits', '?from=1')).to.deep.include({ commits: [] })
    expect(await read('GET /v1/groups/{group}/profile')).to.have.property('version', 0)
    const { body } = await follower.ask(bob, 'GET', '/v1/users/me/groups')
    expect(body).to.deep.include({ groups: [group] })
    const policy = { default: 'all', groups: { [group]: 'none' } }
    const path = `/v1/queues/${encodeURIComponent(bob.queue)}/push/policy`
    const said = await follower.ask({ token: bob.queueToken }, 'PUT', path, { json: policy })
    expect(said.status, JSON.stringify(said.body)).to.equal(200)
  })

  it('sends, proposes and commits', async () => {
    const { state, message } = await messageOf(ofBob, 'hello')
    await decided('POST /v1/groups/{group}/messages', { mls: message }, 'MessageAccepted')
    const commit = await commitOf(state)
    const mls = Buffer.concat([commit.commit, commit.groupInfo])
    await decided('POST /v1/groups/{group}/commits', { mls }, 'CommitAccepted')
    ;[ofAlice, ofBob] = [await received(ofAlice, commit.parsed), commit.state]
    const carol = await keyPackageOf(follower.door.world, await follower.register())
    const proposal = await proposalOf(ofBob, add(carol))
    await decided('POST /v1/groups/{group}/proposals', { mls: proposal.message }, 'ProposalAccepted')
    ofAlice = await received(ofAlice, proposal.parsed)
  })

  it('changes roles, settings and profile, and reports a fault', async () => {
    await decided('PUT /v1/groups/{group}/settings', { json: { retentionMs: 86_400_000 } }, 'SettingsChanged')
    expect((await read('GET /v1/groups/{group}'))['settings']).to.deep.equal({ retentionMs: 86_400_000 })
    const profile = toBase64url(random(limitDefaults.groupProfileBytesMax))
    const headers = { 'if-match': '"0"' }
    const set = await decided('PUT /v1/groups/{group}/profile', { json: { profile }, headers }, 'ProfileChanged')
    expect(set).to.have.property('version', 1)
    expect(await read('GET /v1/groups/{group}/profile')).to.include({ version: 1, profile })
    await decided('POST /v1/groups/{group}/faults', { json: { epoch: '2', detail: 'no path' } }, 'FaultReported')
    await decided('PUT /v1/groups/{group}/roles/{user}', { json: { role: 'member' } }, 'RoleChanged')
    expect((await hub.ask(alice, 'PUT', at(group, '/settings'), { json: { retentionMs: 5_000 } })).body).to.include({
      code: 'not-allowed',
    })
  })

  it('is refused as the group’s server refuses, with its fields', async () => {
    const old = { json: { profile: 'AAAA' }, headers: { 'if-match': '"0"' } }
    expect((await call('PUT /v1/groups/{group}/profile', old)).body).to.include({
      code: 'version-mismatch',
      current: 1,
    })
    const large = { profile: toBase64url(random(limitDefaults.groupProfileBytesMax + 1)) }
    expect((await call('PUT /v1/groups/{group}/profile', { ...old, json: large })).body).to.include({
      code: 'too-large',
    })
    const long = await call('PUT /v1/groups/{group}/settings', { json: { retentionMs: 1e12 } })
    expect(long.body).to.include({ code: 'limit-reached', limit: 'queueAgeMsMax' })
    const self = at(group, `/roles/${encodeURIComponent(bob.user)}`)
    const demoted = await follower.ask(bob, 'PUT', self, { json: { role: 'member' } })
    expect(demoted.body).to.include({ code: 'not-allowed', capability: 'demoteLastAdmin' })
    expect((await call('POST /v1/groups/{group}/faults', { json: { epoch: '9' } })).body).to.include({
      code: 'wrong-epoch',
    })
    const nobody = at(group, `/roles/${encodeURIComponent(makeId('user', hubDomain, random(16)))}`)
    expect((await follower.ask(bob, 'PUT', nobody, { json: { role: 'admin' } })).body).to.include({
      code: 'no-such-user',
    })
    const successor = await reserved(hub.door, alice)
    expect((await call('POST /v1/groups/{group}/reset', { json: { successor } })).body).to.include({
      code: 'malformed',
    })
  })

  it('is a stranger where it never was, whatever it asks', async () => {
    const mallory = await follower.register()
    const successor = await reserved(follower.door, bob)
    const asked: readonly [string, string, AskOptions][] = [
      ['PUT', `/roles/${encodeURIComponent(alice.user)}`, { json: { role: 'admin' } }],
      ['PUT', '/settings', { json: { retentionMs: 5_000 } }],
      ['PUT', '/profile', { json: { profile: 'AAAA' }, headers: { 'if-match': '"1"' } }],
      ['POST', '/faults', { json: { epoch: '1' } }],
      ['POST', '/reset', { json: { successor } }],
      ['DELETE', '', {}],
    ]
    for (const [method, rest, options] of asked) {
      const { requestId: _, ...body } = (await follower.ask(mallory, method, at(group, rest), options)).body
      const nowhere = makeId('group', hubDomain, random(16))
      const { requestId: __, ...nothing } = (await follower.ask(mallory, method, at(nowhere, rest), options)).body
      expect(body, `${method} ${rest}`).to.deep.equal(nothing).and.to.have.property('code', 'no-such-group')
    }
  })

  it('comes back by itself, and as another client of its user', async () => {
    const enter = async (who: Resident, resync: boolean): Promise<void> => {
      const made = await externalCommitOf(follower.door.world, who, ofAlice, { resync })
      const mls = Buffer.concat([made.commit, made.groupInfo])
      const answer = await follower.ask(who, 'POST', at(group, '/commits'), { mls })
      expect(answer.status, JSON.stringify(answer.body)).to.equal(202)
      ofAlice = await received(ofAlice, made.parsed)
      // It acts before its own Commit has come back.
      const json = { retentionMs: 90_000_000 + answered.size + Number(resync) }
      const changed = await follower.ask(who, 'PUT', at(group, '/settings'), { json })
      expect(changed.status, JSON.stringify(changed.body)).to.equal(202)
    }
    const waiting = setInterval(() => {
      follower.pass(10)
    }, 10)
    await enter(bob, true)
    await enter(await follower.link(bob), false)
    clearInterval(waiting)
  })

  it('hears that the group’s server is away, and nothing is recorded', async () => {
    await hub.server.stop()
    const before = (await follower.log()).length
    const settings = { json: { retentionMs: 10_000 }, key: 'away' }
    for (let n = 0; n < 2; n++) {
      const { status, body, headers } = await call('PUT /v1/groups/{group}/settings', settings)
      expect([status, body['code'], body['domains']]).to.deep.equal([503, 'peer-unreachable', [hubDomain]])
      expect(Number(headers.get('retry-after'))).to.be.greaterThan(0)
    }
    expect((await follower.log()).length).to.equal(before)
    hub = await composeServer(street.settingsOf(hubDomain))
    follower.pass(5_000)
    await decided('PUT /v1/groups/{group}/settings', settings, 'SettingsChanged')
  })

  it('gives the group up for one of its own server', async () => {
    const successor = await reserved(follower.door, bob)
    await decided('POST /v1/groups/{group}/reset', { json: { successor } }, 'GroupReset')
    expect((await hub.ask(alice, 'GET', at(group))).body).to.include({ code: 'group-deleted', successor })
  })

  it('deletes a group', async () => {
    await founded()
    await decided('DELETE /v1/groups/{group}', {}, 'GroupDeleted')
    expect((await hub.ask(alice, 'GET', at(group))).body).to.include({ code: 'group-deleted' })
  })

  it('has made every call that names a group', async () => {
    const routes = (await operationsOf(follower.server.url)).map(routeOf).filter(isMadeByMembers)
    expect(routes).to.have.length.above(12)
    expect(routes.filter((route) => !answered.has(route))).to.deep.equal([])
  })
})
