/** Pushes of two processes on one log: one has the lease, and what it leaves when it is killed the other pushes. */
import { once } from 'node:events'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { at } from '../api/groupPeople.js'
import { forgedMessage, forging, gathered } from '../faults/forgers.js'
import { houseAt } from '../faults/house.js'
import { startPushService } from '../support/pushService.js'
import type { PushService } from '../support/pushService.js'
import { startCluster } from '../support/startCluster.js'
import type { Cluster } from '../support/startCluster.js'

const { MONGOD } = process.env

describe('pushes of two processes', function () {
  this.timeout(120_000)
  let service: PushService
  let cluster: Cluster
  before(async function () {
    if (MONGOD === undefined) {
      console.log('    skipped: MONGOD names no mongod (npm run test:stores finds one)')
      this.skip()
    }
    service = await startPushService()
    cluster = await startCluster(MONGOD, { PUSH_HOSTS: service.host, DOMAIN: 'example.org' })
  })
  after(async () => {
    if (MONGOD === undefined) return
    await cluster.stop()
    await service.close()
  })

  it('are forgotten by none that is killed between message and push, nor held back by who it was reading to', async () => {
    const [one, two] = cluster.processes
    const house = await houseAt(one)
    const [speaker, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    const { group, mls } = await gathered(house, [speaker, bob])
    const { body } = await house.ask(undefined, 'GET', '/.well-known/mls-homeserver')
    const phone = service.subscriber((body['push'] as { vapidKey: string }).vapidKey)
    const path = `/v1/queues/${encodeURIComponent(bob.queue)}/push`
    const subscribed = await house.ask({ token: bob.queueToken }, 'POST', path, { json: phone.json })
    expect(subscribed.status).to.equal(201)
    // Bob is read to by the process that is killed: it leaves a consumer behind.
    const socket = new WebSocket(`${one.url.replace('http', 'ws')}/v1/websocket`, {
      headers: { authorization: `Bearer ${bob.queueToken}` },
    })
    socket.on('error', () => undefined)
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'open' }))
    await once(socket, 'message')
    const said = await house.ask(speaker, 'POST', at(group, '/messages'), { mls: forgedMessage(group, mls.epoch) })
    expect(said.status).to.equal(201)
    await one.crash()
    await phone.asked(1)
    expect(service.faults).to.deep.equal([])
    await two.stop()
  })
})
