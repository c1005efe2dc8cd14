/** What is old in another server's group goes here by our own clock and a fact of our own: rows first, then the stream, and its number stays. */
import { expect } from 'chai'
import { setImmediate as turn } from 'node:timers/promises'
import type { ClientState } from 'ts-mls'
import { followedStream } from '#src/events/followed.js'
import { messagesStream } from '#src/events/messages.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { at } from '../groupPeople.js'
import { messageOf } from '../../commands/mlsFixture.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { operator } from '../../faults/house.js'
import type { Resident } from '../../faults/house.js'
import { groupAcross } from './groupAcross.js'
import { followerDomain, happened, hubDomain, openStreet } from './twoServers.js'
import type { Street } from './twoServers.js'

const minuteMs = 60_000

describe('old messages of another server’s group', () => {
  let street: Street
  let hub: ComposedServer
  let follower: ComposedServer
  let group: GroupId
  let alice: Resident
  let bob: Resident
  let ofAlice: ClientState

  beforeEach(async () => {
    street = await openStreet()
    hub = await composeServer(street.settingsOf(hubDomain))
    follower = await composeServer(street.settingsOf(followerDomain))
    ;({ alice, bob, group, ofAlice } = await groupAcross(hub, follower))
    const json = { retentionMs: 10 * minuteMs }
    expect(await hub.ask(alice, 'PUT', at(group, '/settings'), { json })).to.have.property('status', 200)
  })
  afterEach(async () => {
    await hub.close()
    await follower.close()
    await street.close()
  })

  /** Sent at the hub, and recorded here under this number. */
  const say = async (sequence: number): Promise<void> => {
    const { state, message } = await messageOf(ofAlice, `message ${sequence}`)
    ofAlice = state
    const { status } = await hub.ask(alice, 'POST', at(group, '/messages'), { mls: message })
    expect(status).to.equal(201)
    await happened(follower, ({ type, meta }) => type === 'MessageAccepted' && meta.hub?.sequence === sequence)
  }
  const shown = async (): Promise<readonly string[]> => {
    const path = `/v1/queues/${encodeURIComponent(bob.queue)}/items?limit=100`
    const token = await follower.tokenOf(bob.queue, bob.queueKey)
    const { status, body } = await follower.ask({ token }, 'GET', path)
    expect(status, JSON.stringify(body)).to.equal(200)
    const items = body['items'] as readonly { type: string; groups?: readonly { count: number }[] }[]
    return items.map(({ type, groups }) => (groups === undefined ? type : `${type} ${groups[0]?.count}`))
  }
  const messages = async (): Promise<readonly StoredEvent[]> =>
    (await follower.log()).filter(({ stream }) => stream === messagesStream(group))
  const until = async (isSo: () => Promise<boolean>, ms = minuteMs): Promise<void> => {
    while (!(await isSo())) {
      follower.pass(ms)
      for (let n = 0; n < 5; n++) await turn()
    }
  }

  it('go from the log and from what is shown, also when that is built anew, and what comes after is taken', async () => {
    for (const sequence of [2, 3, 4]) await say(sequence)
    expect(await shown()).to.deep.equal(['welcome', 'notice', 'message', 'message', 'message'])
    await until(async () => (await messages()).length === 1)
    const own = (await follower.log()).filter(({ stream }) => stream === followedStream(group))
    expect(own.map(({ type, data }) => [type, (data as { upToRevision: number }).upToRevision])).to.deep.equal([
      ['MessagesExpired', 2],
    ])
    expect((await hub.log()).filter(({ type }) => type === 'MessagesExpired')).to.deep.equal([])
    expect(await shown()).to.deep.equal(['welcome', 'notice', 'gap 3'])
    await say(5)
    const after = ['welcome', 'notice', 'gap 3', 'message']
    expect(await shown()).to.deep.equal(after)

    const json = { change: 'rebuild', why: 'to see' }
    const asked = await follower.ask(operator, 'POST', '/v1/operator/projections/queues/changes', { json })
    expect(asked.status, JSON.stringify(asked.body)).to.be.within(200, 202)
    await until(async () => {
      const { body } = await follower.ask(operator, 'GET', '/v1/operator/projections')
      const models = body['projections'] as readonly { name: string; served: { build: number } }[]
      return models.find(({ name }) => name === 'queues')?.served.build === 2
    }, 500)
    expect(await shown()).to.deep.equal(after)
  })
})
