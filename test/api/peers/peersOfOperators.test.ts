/** Two servers as they are composed, and what the operator of one sees of the other, and does about it, over real HTTP. */
import { expect } from 'chai'
import type { ClientState } from 'ts-mls'
import { itemsType } from '#src/federation/itemsType.js'
import { encodeItems } from '#src/federation/numbered.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { at } from '../groupPeople.js'
import { messageOf } from '../../commands/mlsFixture.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { runHere } from '../../cli/runHere.js'
import { operator } from '../../faults/house.js'
import type { Resident } from '../../faults/house.js'
import { groupAcross } from './groupAcross.js'
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
  const cli = async ({ operatorUrl }: ComposedServer, ...args: readonly string[]): Promise<string> =>
    (await runHere([...args, '--url', operatorUrl], { OPERATOR_TOKEN: operator.token })).out
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
    ;({ alice, group, ofAlice: state } = await groupAcross(hub, follower))
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
    expect(await cli(hub, 'peers', 'list', '--trouble')).to.match(
      new RegExp(
        `^${followerDomain} byDefault backingOff since \\S+ items 1 bytes \\d+ groups 1 oldest .*PeerUnreachable`,
      ),
    )
    expect(await cli(hub, 'doctor')).to.match(
      new RegExp(`note  peer ${followerDomain} does not answer, 1 items wait: .* → .*peers reset ${followerDomain}`),
    )
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
  })

  it('whose group stands still because it broke a rule is named with what to do, and asked again once it is reset', async () => {
    await say('one')
    await happened(follower, ({ type }) => type === 'MessageAccepted')
    const asHub = await street.peersOf(hubDomain, hub.clock)
    const forged = encodeItems([{ sequence: 2, kind: 'message', bytes: Uint8Array.of(1), events: [] }])
    const refused = await asHub.ask(followerDomain, {
      ...{ method: 'POST', endpoint: 'notify', parameters: { roomId: group }, contentType: itemsType(2) },
      ...{ body: forged, bytesMax: 10_000, timeoutMs: 10_000 },
    })
    expect(refused.status).to.equal(422)
    await say('two')
    const stopped = await shown((peer) => (peer['stopped'] as readonly object[]).length === 1)
    expect(stopped).to.include({ state: 'ok' })
    const found = await follower.ask(operator, 'GET', `${list}/${hubDomain}`)
    expect(found.body['broken']).to.have.nested.property('[0].sequence', 2)
    expect(await cli(follower, 'doctor')).to.match(
      new RegExp(`wrong peer ${hubDomain} broke a rule: 1 groups .* → .*peers reset ${hubDomain}`),
    )
    expect(await follower.ask(operator, 'POST', `${list}/${hubDomain}/reset`, { json: { why: 'mended' } })).to.include({
      status: 200,
    })
    await happened(follower, ({ type, meta }) => type === 'MessageAccepted' && meta.hub?.sequence === 2)
    expect((await follower.ask(operator, 'GET', `${list}?trouble=only`)).body['peers']).to.deep.equal([])
  })

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
  })

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
