/** A server that comes back: what others have for it comes at once, and not when they would have tried it again. */
import { expect } from 'chai'
import { setImmediate as turn } from 'node:timers/promises'
import type { ClientState } from 'ts-mls'
import type { GroupId } from '#src/mls/wire/ids.js'
import { messageOf } from '../../commands/mlsFixture.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { operator } from '../../faults/house.js'
import type { Resident } from '../../faults/house.js'
import { at } from '../groupPeople.js'
import { groupAcross } from './groupAcross.js'
import { followerDomain, happened, hubDomain, openStreet } from './twoServers.js'
import type { Street } from './twoServers.js'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

describe('a server that comes back', () => {
  let street: Street
  let hub: ComposedServer
  let follower: ComposedServer
  let group: GroupId
  let alice: Resident
  let ofAlice: ClientState

  beforeEach(async () => {
    street = await openStreet()
    hub = await composeServer(street.settingsOf(hubDomain))
    follower = await composeServer(street.settingsOf(followerDomain))
    ;({ alice, group, ofAlice } = await groupAcross(hub, follower))
  })
  afterEach(async () => {
    await hub.close()
    await follower.close()
    await street.close()
  })

  const say = async (): Promise<void> => {
    const { state, message } = await messageOf(ofAlice, 'while away')
    ofAlice = state
    expect(await hub.ask(alice, 'POST', at(group, '/messages'), { mls: message })).to.have.property('status', 201)
  }
  /** How long the hub waits before it tries the follower again, ms. */
  const pause = async (): Promise<number> => {
    const { body } = await hub.ask(operator, 'GET', `/v1/operator/peers/${followerDomain}`)
    return (typeof body['nextTry'] === 'number' ? body['nextTry'] : 0) - hub.clock.now()
  }

  it('says so, and gets what its hub has for it while no time passes', async () => {
    await follower.close()
    await say()
    while ((await pause()) < 5 * minuteMs) {
      hub.pass(minuteMs)
      for (let n = 0; n < 20; n++) await turn()
    }
    follower = await composeServer(street.settingsOf(followerDomain))
    await happened(follower, ({ type }) => type === 'MessageAccepted')
    expect(await pause()).to.be.below(0)
  }).timeout(60_000)

  it('has lost nothing by a clock of its hub that leapt meanwhile', async () => {
    await follower.close()
    await say()
    hub.leap(90 * dayMs)
    await happened(
      hub,
      ({ type }) => type === 'ClockHeld',
      () => {
        hub.pass(minuteMs)
      },
    )
    const tried = async (): Promise<number> => {
      const { body } = await hub.ask(operator, 'GET', `/v1/operator/peers/${followerDomain}`)
      return (body['counts'] as { readonly tries: number }).tries
    }
    // Each minute that the hub lives through it looks once what is too old.
    for (const before = await tried(); (await tried()) < before + 6;) {
      hub.pass(minuteMs)
      for (let n = 0; n < 20; n++) await turn()
    }
    expect((await hub.log()).map(({ type }) => type)).to.not.include('PeerGap')
  }).timeout(60_000)
})
