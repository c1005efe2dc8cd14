/**
 * Two processes of one domain on EventStoreDB and MongoDB, the hub of a group that a server of another domain follows: they share the
 * outbox. Whoever works on it may die; it is made anew from the log, of which the oldest is gone. Nothing is sent twice, or left out.
 */
import { expect } from 'chai'
import { openEventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { openEmbeddedLogForReading } from '#src/adapters/embedded/log/readOnlyEventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { createAccount, memoryStore } from '#src/client/index.js'
import type { Client, ClientEvent, Group } from '#src/client/index.js'
import { messagesStream } from '#src/events/messages.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { quietLogger } from '../adapters/eventStoreDB/quietLogger.js'
import { makeOracle } from '../simulation/federation/oracle.js'
import type { Oracle } from '../simulation/federation/oracle.js'
import { ownInLog } from '../support/ownInLog.js'
import { startCluster } from '../support/startCluster.js'
import type { Cluster } from '../support/startCluster.js'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'
import { eventually } from './eventually.js'
import { freePort } from '../support/freePort.js'

const { MONGOD } = process.env
const operatorToken = 'hs_op_OperatorOfTheCluster0123456789'
const [hubDomain, followerDomain] = [parseDomain('a.example')!, parseDomain('b.example')!]
/** A process that died keeps its leases for ten seconds; the machine is busy. */
const takenOverMs = 60_000

describe('two processes of a hub', function () {
  this.timeout(400_000)
  let hub: Cluster
  let follower: RunningServer
  let logs: readonly EventStore[]
  let oracle: Oracle
  let [alice, bob]: Client[] = []
  let group: Group
  const said: string[] = []
  const heard: ClientEvent[] = []

  before(async function () {
    if (MONGOD === undefined) {
      console.log('    skipped: MONGOD names no mongod (npm run test:stores finds one)')
      this.skip()
    }
    const [one, other] = [await freePort(), await freePort()]
    const peers = `${hubDomain}=http://127.0.0.1:${one},${followerDomain}=http://127.0.0.1:${other}`
    const shared = { FEDERATION: 'open', FEDERATION_PEERS: peers, OPERATOR_TOKEN: operatorToken }
    follower = await startServer({ ...shared, DOMAIN: followerDomain, PORT: String(other) })
    hub = await startCluster(MONGOD, { ...shared, DOMAIN: hubDomain, PORT: String(one) })
    const ofHub = openEventStoreDB({ url: hub.log.url, logger: quietLogger(), clock: systemClock })
    logs = [ofHub, openEmbeddedLogForReading({ directory: follower.dataDir })]
    const watched = [hubDomain, followerDomain].map((domain, at) => ({ domain, events: logs[at]! }))
    oracle = makeOracle(watched, { sent: new Map(), faults: [] })
    const account = (server: string, handle: string): Promise<Client> =>
      createAccount({ server, store: memoryStore(), handle, patienceMs: takenOverMs })
    alice = await account(`http://127.0.0.1:${one}`, 'alice')
    bob = await account(follower.url, 'bob')
    group = await alice.createGroup()
    await group.invite(bob.user)
    await bob.connect()
    const listening = async (of: Client): Promise<void> => {
      for await (const event of of.events()) heard.push(event)
    }
    listening(bob).catch(() => undefined)
    await eventually('bob is in it', () => bob!.groups().length === 1)
  })
  after(async () => {
    if (MONGOD === undefined) return
    for (const client of [alice, bob]) await client?.close()
    for (const log of logs) await log.close()
    await hub.stop()
    await follower.stop()
  })

  const say = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      said.push(`message ${said.length}`)
      await group.send(said.at(-1) ?? '')
    }
  }
  const read = (): readonly string[] => heard.flatMap((event) => (event.type === 'message' ? [event.text] : []))
  const arrives = async (what: string, withinMs = takenOverMs): Promise<void> => {
    await eventually(what, () => read().length >= said.length, withinMs)
    expect(read()).to.deep.equal(said)
    await eventually('the follower’s log is what the hub decided', async () => {
      await oracle.look()
      return oracle.missing().length === 0
    })
    expect(oracle.faults()).to.deep.equal([])
  }

  it('share the outbox: where the one that works on it is killed, the other goes on', async () => {
    await say(5)
    await arrives('both are there')
    for (const process of hub.processes) {
      const saying = say(20)
      await process.crash()
      await saying
      await arrives('one is gone')
      await process.restart()
    }
    await say(3)
    await arrives('both are back')
  })

  it('send on from where they were where the follower is killed in the middle', async () => {
    const saying = say(30)
    await follower.crash()
    await group.update()
    await follower.restart()
    await saying
    await arrives('the follower is back')
  })

  const operate = async (method: string, path: string, json?: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' }
    const body = json === undefined ? {} : { body: JSON.stringify(json) }
    const answer = await fetch(`${hub.processes[0].url}/v1/operator/${path}`, { method, headers, ...body })
    expect(answer.status, path).to.be.within(200, 202)
    return answer.json()
  }
  const buildOfOutbox = async (): Promise<number> => {
    const { projections } = (await operate('GET', 'projections')) as {
      readonly projections: readonly { readonly name: string; readonly served: { readonly build: number } }[]
    }
    return projections.find(({ name }) => name === 'outbox')?.served.build ?? 0
  }
  const revisions = async (): Promise<readonly number[]> =>
    (await logs[0]!.readStream(ownInLog(messagesStream(group.id)), { from: 0, limit: 1_000 })).map(
      ({ revision }) => revision,
    )

  it('count on where the outbox is made anew from a log whose oldest messages are gone', async () => {
    await group.setRetention(1_000)
    await arrives('all know how long messages are kept')
    await follower.crash()
    // What it has not got is kept for it, and what is before that is not.
    const [oldest = 0] = await revisions()
    await say(4)
    const kept = (await revisions()).length
    await eventually('the oldest are gone', async () => ((await revisions())[0] ?? oldest) > oldest, 150_000)
    expect((await revisions()).length).to.be.within(4, kept)
    const before = await buildOfOutbox()
    await operate('POST', 'projections/outbox/changes', { change: 'rebuild', why: 'to see' })
    await say(4)
    await eventually('it is made anew', async () => (await buildOfOutbox()) > before, 100_000)
    await say(4)
    await follower.restart()
    await arrives('it is back', 120_000)
  })
})
