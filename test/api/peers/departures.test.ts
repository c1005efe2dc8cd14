/** Who is gone at its own server goes from the groups of others: the hub is asked until it has said so, whatever dies in between. */
import { expect } from 'chai'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import type { Resident } from '../../faults/house.js'
import { groupAcross } from './groupAcross.js'
import { followerDomain, happened, hubDomain, openStreet } from './twoServers.js'
import type { Street } from './twoServers.js'

describe('members of another server’s group that are gone at their own', () => {
  let street: Street
  let hub: ComposedServer
  let follower: ComposedServer
  let group: GroupId
  let bob: Resident

  /** Time goes on at both. */
  const meanwhile = (): void => {
    hub.pass(500)
    follower.pass(500)
  }

  beforeEach(async () => {
    street = await openStreet()
    hub = await composeServer(street.settingsOf(hubDomain))
    follower = await composeServer(street.settingsOf(followerDomain))
    ;({ bob, group } = await groupAcross(hub, follower, meanwhile))
  })
  afterEach(async () => {
    await hub.close()
    await follower.close()
    await street.close()
  })

  const isRequired = ({ type }: StoredEvent): boolean => type === 'RemovalRequired'
  /** At the hub, and, in sequence, at the follower. */
  const required = async (reason: string): Promise<void> => {
    const decided = await happened(hub, isRequired, meanwhile)
    const leaves = [{ leafIndex: 1, user: bob.user, client: bob.client }]
    expect(decided.data).to.deep.equal({ group, leaves, reason })
    const recorded = await happened(follower, isRequired, meanwhile)
    expect(recorded.meta).to.include({ cause: decided.id })
    expect(recorded.meta.hub?.domain).to.equal(hubDomain)
    const own = (await follower.log()).filter(({ type }) => type === 'RemovalAsked')
    expect(own).to.have.length(1)
  }

  it('go with their queue', async () => {
    const path = `/v1/queues/${encodeURIComponent(bob.queue)}`
    expect(await follower.ask({ token: bob.queueToken }, 'DELETE', path)).to.have.property('status', 200)
    await required('queueGone')
  })

  it('go with their client', async () => {
    const phone = await follower.link(bob)
    const path = `/v1/clients/${encodeURIComponent(bob.client)}`
    expect(await follower.ask(phone, 'DELETE', path)).to.have.property('status', 200)
    await required('clientRemoved')
  })

  it('go with their user, though the hub was away and their own server began anew meanwhile', async () => {
    await hub.server.stop()
    expect(await follower.ask(bob, 'DELETE', '/v1/users/me')).to.have.property('status', 200)
    await happened(follower, ({ type }) => type === 'RemovalAsked', meanwhile)
    for (let n = 0; n < 5; n++) {
      follower.pass(2_000)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await follower.server.stop()
    hub = await composeServer(street.settingsOf(hubDomain))
    follower = await composeServer(street.settingsOf(followerDomain))
    await required('userDeleted')
  })
})
