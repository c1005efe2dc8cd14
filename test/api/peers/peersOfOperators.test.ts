/** Two servers as they are composed, and what the operator of one sees of the other, and does about it, over real HTTP. */
import { expect } from 'chai'
import type { ClientState } from 'ts-mls'
import type { GroupId } from '#src/mls/wire/ids.js'
import { at, createdBy, postCommit } from '../groupPeople.js'
import { add, commitOf, keyPackageOf, messageOf } from '../../commands/mlsFixture.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { operator } from '../../faults/house.js'
import type { Resident } from '../../faults/house.js'
import { followerDomain, happened, hubDomain, openStreet } from './twoServers.js'
import type { Street } from './twoServers.js'

const list = '/v1/operator/peers'
const path = `${list}/${followerDomain}`
const hour = 3_600_000
const week = 7 * 24 * hour

type Shown = {
  readonly state: string
  readonly backlog: { readonly items: number; readonly messages: number }
  readonly counts: { readonly tries: number; readonly sent: number }
  readonly lastError: { readonly error: string }
  readonly [field: string]: unknown
}

describe('another server, to the operator of a hub', () => {
  let street: Street
  let hub: ComposedServer
  let follower: ComposedServer
  let alice: Resident
  let group: GroupId
  let state: ClientState

  const say = async (text: string): Promise<void> => {
    const made = await messageOf(state, text)
    state = made.state
    expect(await hub.ask(alice, 'POST', at(group, '/messages'), { mls: made.message })).to.have.property('status', 201)
  }
  const ask = async (method: string, where: string, json?: object) => {
    const { status, body } = await hub.ask(operator, method, where, json === undefined ? {} : { json })
    return { status, body: body as unknown as Shown }
  }
  const act = async (method: string, what: string, json: object = {}): Promise<void> => {
    expect(await ask(method, `${path}/${what}`, { why: 'a test', ...json })).to.have.property('status', 200)
  }
  /** Waits for what works by itself: nothing else says when it is so. */
  const shown = async (isIt: (peer: Shown) => boolean, pass = 0): Promise<Shown> => {
    for (;;) {
      const { body } = await ask('GET', path)
      if (isIt(body)) return body
      for (const house of [hub, follower]) house.pass(pass)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const backlog = ({ backlog: { items } }: Shown): number => items
  const recorded = (count: number) => async () =>
    (await follower.events()).filter(({ type }) => type === 'MessageAccepted').length >= count
  /** The follower again, whose clock says what the hub's does. */
  const back = async (): Promise<void> => {
    follower = await composeServer(street.settingsOf(followerDomain))
    follower.pass(hub.clock.now() - follower.clock.now())
  }
  const figures = async (): Promise<readonly string[]> => {
    const text = await fetch(`${hub.server.url}/metrics`).then((answer) => answer.text())
    return text.split('\n').filter((line) => line.startsWith('mls_homeserver_peer_') && line.includes(followerDomain))
  }

  beforeEach(async () => {
    street = await openStreet()
    hub = await composeServer(street.settingsOf(hubDomain))
    follower = await composeServer(street.settingsOf(followerDomain))
    alice = await hub.register()
    const bob = await follower.register()
    const created = await createdBy(hub.door, alice)
    const made = await commitOf(created.state, [add(await keyPackageOf(follower.door.world, bob))])
    ;({ group } = created)
    expect(await postCommit(hub.door, alice, group, made)).to.have.property('status', 201)
    state = made.state
    await happened(follower, ({ type }) => type === 'GroupFollowed')
    await shown((peer) => backlog(peer) === 0, 1_000)
  })
  afterEach(async () => {
    await hub.close()
    await follower.close()
    await street.close()
  })

  it('is ok; then away, with what it has not got, what went wrong and when it is tried next; and parked after a week', async () => {
    const first = await ask('GET', list)
    expect(first.body['federation']).to.equal('allow')
    expect(first.body['peers']).to.have.length(1)
    const ok = await shown(() => true)
    expect(ok).to.include({ domain: followerDomain, policy: 'byDefault', state: 'ok' })
    expect(ok['lastSuccess']).to.be.a('number')
    expect(ok['roots']).to.have.length(1)
    expect(ok.counts.sent).to.equal(1)
    expect((await ask('GET', `${list}?trouble=only`)).body['peers']).to.deep.equal([])

    await follower.close()
    await say('are you there?')
    const away = await shown(({ state: is }) => is === 'backingOff')
    expect(away.backlog).to.include({ items: 1, messages: 1, groups: 1 }).and.to.have.property('oldest')
    expect(away.lastError.error).to.contain('PeerUnreachable')
    expect(away['nextTry']).to.be.greaterThan(hub.clock.now() - 1)
    expect(JSON.stringify((await ask('GET', `${list}?trouble=only`)).body)).to.contain('backingOff')
    hub.pass(5_000)
    const [items, oldest] = ['backlog_items', 'backlog_oldest_seconds'].map((name) => new RegExp(`_${name}.* [1-9]`))
    const said = (await figures()).join('\n')
    expect(said)
      .to.match(items!)
      .and.to.match(oldest!)
      .and.to.match(/_unanswered_total.* [1-9]/)
    const ready = await fetch(`${hub.server.url}/readyz`)
    expect(ready.status).to.equal(200)

    hub.pass(week)
    const parked = await shown(({ state: is }) => is === 'parked', hour)
    expect(parked['since']).to.be.a('number')
    const { notes } = (await fetch(`${hub.server.url}/readyz`).then((answer) => answer.json())) as { notes: string[] }
    expect(notes.join()).to.contain('away for a week and are sent nothing: 1')

    await back()
    await act('POST', 'reset')
    await shown((peer) => backlog(peer) === 0, 1_000)
    expect(await recorded(1)()).to.equal(true)
  }).timeout(60_000)

  it('that was parked is sent everything at once when it shows itself', async () => {
    await follower.close()
    await say('are you there?')
    await shown(({ state: is }) => is === 'backingOff')
    hub.pass(week)
    await shown(({ state: is }) => is === 'parked', hour)
    await back()
    const asFollower = await street.peersOf(followerDomain, hub.clock)
    await asFollower.ask(hubDomain, {
      ...{ method: 'GET', endpoint: 'backfill', parameters: { roomId: group, from: '0' }, contentType: 'message/mls' },
      ...{ body: new Uint8Array(), bytesMax: 1e6, timeoutMs: 10_000 },
    })
    await shown((peer) => backlog(peer) === 0, 1_000)
    expect(await recorded(1)()).to.equal(true)
  }).timeout(60_000)

  it('is sent nothing while it is paused, and everything once it is resumed', async () => {
    await act('POST', 'pause')
    await say('one')
    const paused = await shown((peer) => backlog(peer) === 1)
    expect([paused.state, paused.counts.tries]).to.deep.equal(['paused', 1])
    hub.pass(2_000)
    await act('POST', 'resume')
    await shown((peer) => backlog(peer) === 0, 1_000)
    expect(await recorded(1)()).to.equal(true)
    const acts = (await hub.events()).flatMap(({ type, data }) => (type === 'OperatorActed' ? [data] : []))
    expect(acts.map((data) => (data as { what: object }).what)).to.deep.equal([
      { type: 'changePeerSending', peer: followerDomain, sending: false },
      { type: 'changePeerSending', peer: followerDomain, sending: true },
    ])
  })

  it('is not asked while it is blocked, and its messages are given up when an operator says so', async () => {
    await act('POST', 'pause')
    for (const text of ['one', 'two', 'three']) await say(text)
    await shown((peer) => backlog(peer) === 3)
    await act('DELETE', 'backlog')
    const dropped = await shown(({ backlog: { messages } }) => messages === 0, 1_000)
    expect(backlog(dropped)).to.equal(1)
    await say('four')
    await act('POST', 'resume')
    await shown((peer) => backlog(peer) === 0, 1_000)
    const missed = await happened(follower, ({ type }) => type === 'MessagesMissed')
    expect(missed.data).to.include({ fromSequence: 1, toSequence: 3, count: 3 })
    await act('PUT', 'policy', { policy: 'blocked' })
    expect(await shown(() => true)).to.include({ state: 'blocked', policy: 'blocked' })
  })
})
