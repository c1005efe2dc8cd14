/** Two servers of two domains, each a process of its own that is killed in the middle: the follower has what its hub accepted, in order and once. */
import { expect } from 'chai'
import type { ClientState } from 'ts-mls'
import { submitMessage } from '#src/federation/peers/submitMessage.js'
import { messagesStream } from '#src/events/messages.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { at } from '../api/groupPeople.js'
import { messageOf } from '../commands/mlsFixture.js'
import { groupAcross } from '../api/peers/groupAcross.js'
import { followerDomain, happened, hubDomain, openStreet, startIn } from '../api/peers/twoServers.js'
import type { Street } from '../api/peers/twoServers.js'
import type { RealHouse, Resident } from '../faults/house.js'
import { ownInLog } from '../support/ownInLog.js'

describe('two servers that are killed', () => {
  let street: Street
  let hub: RealHouse
  let follower: RealHouse

  before(async () => {
    street = await openStreet()
    hub = await startIn(street, hubDomain)
    follower = await startIn(street, followerDomain)
  })
  after(async () => {
    await hub.close()
    await follower.close()
    await street.close()
  })

  const send = async (by: Resident, group: GroupId, state: ClientState, key: string): Promise<ClientState> => {
    const { state: next, message } = await messageOf(state, key)
    const { status } = await hub.ask(by, 'POST', at(group, '/messages'), { mls: message, key })
    expect(status).to.equal(201)
    return next
  }

  it('lose nothing, repeat nothing and keep the order', async () => {
    const { alice, bob, group, ...states } = await groupAcross(hub, follower)
    let { ofAlice, ofBob } = states

    await follower.server.crash()
    for (let n = 0; n < 5; n++) ofAlice = await send(alice, group, ofAlice, `away-${n}`)
    await follower.server.restart()
    for (let n = 0; n < 5; n++) ofAlice = await send(alice, group, ofAlice, `back-${n}`)
    await hub.server.crash()
    await hub.server.restart()
    const asFollower = await street.peersOf(followerDomain, systemClock)
    const { state: spoken, message } = await messageOf(ofBob, 'from b')
    ofBob = spoken
    const sent = await submitMessage(asFollower, { group, user: bob.user, message, idempotencyKey: 'from-b' })
    if ('rejected' in sent) throw new Error(JSON.stringify(sent.rejected))
    for (let n = 0; n < 5; n++) ofAlice = await send(alice, group, ofAlice, `last-${n}`)

    const stream = messagesStream(group)
    const messages = async (house: RealHouse, inLog: string) =>
      (await house.log()).filter((event) => event.stream === inLog)
    const accepted = (await messages(hub, ownInLog(stream))).map(({ id }) => id)
    expect(accepted).to.have.length(16).and.to.include(sent.accepted)
    await happened(follower, ({ meta }) => meta.cause === accepted.at(-1))
    const recorded = await messages(follower, stream)
    expect(recorded.map(({ meta }) => meta.cause)).to.deep.equal(accepted)
    expect(recorded.map(({ meta }) => meta.hub?.sequence)).to.deep.equal(accepted.map((_, n) => n + 1))
    await happened(hub, ({ type, data }) => type === 'PeerConfirmed' && JSON.stringify(data).includes('"sequence":17'))
  })
})
