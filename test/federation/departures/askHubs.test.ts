/** Hubs are asked to let go of leaves of ours, ever later, for as long as the rows say that they have not. */
import { expect } from 'chai'
import { referenceOf } from '#src/commands/group/leaves.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { groupStream } from '#src/events/group.js'
import { makeAskHubs } from '#src/federation/departures/askHubs.js'
import type { AskHubs } from '#src/federation/departures/askHubs.js'
import { PeerAway } from '#src/ports/peers.js'
import type { OtherServers } from '#src/ports/peers.js'
import type { DepartureRow } from '#src/projections/groups/departures.js'
import { derivedId } from '#src/streams/commandId.js'
import { accept } from '#src/streams/decider.js'
import { silentLogger } from '../../support/silentLogger.js'
import { groupAt } from '../../simulation/federation/hub.js'
import { openScene } from '../scene.js'
import type { Scene } from '../scene.js'

type Asked = Parameters<OtherServers['decide']>[0]

describe('hubs that are to let go of leaves', () => {
  let scene: Scene
  let asked: Asked[]
  let rows: readonly DepartureRow[]
  let now: number
  let answer: OtherServers['decide']
  let hubs: AskHubs

  const fresh = (): AskHubs =>
    makeAskHubs({
      departures: () => Promise.resolve(rows),
      streams: scene.follower.streams(),
      decide: (one) => {
        asked.push(one)
        return answer(one)
      },
      clock: { now: () => now },
      random: { bytes: (count) => new Uint8Array(count) },
      logger: silentLogger,
    })
  const row = (change: object = {}): DepartureRow => {
    const { group, bob } = scene
    const leaf = { leafIndex: 1, user: bob.user, client: bob.client }
    return { ...leaf, group, reason: 'userDeleted', event: 'fact-1', since: 1, ...change }
  }
  const rounds = async (count: number, ms: number): Promise<number> => {
    asked = []
    for (let n = 0; n < count; n++) {
      await hubs.round()
      now += ms
    }
    return asked.length
  }

  beforeEach(async () => {
    scene = await openScene()
    await scene.add(scene.bob)
    await scene.follow(await scene.drain())
    asked = []
    rows = [row()]
    now = 1_000
    answer = () => Promise.resolve({ accepted: 'fact', at: 1 })
    hubs = fresh()
  })

  it('are asked until it is done, ever later, for the same thing by the same key', async () => {
    const { group, bob } = scene
    expect(await rounds(60, 1_000)).to.be.within(5, 8)
    const [first, ...others] = asked
    expect(first?.asked).to.deep.equal({
      type: 'requireRemoval',
      reason: 'userDeleted',
      leaves: [{ leafIndex: 1, client: bob.client }],
    })
    expect(first?.group).to.equal(group)
    expect(new Set(others.map(({ key }) => key))).to.deep.equal(new Set([first?.key]))
    rows = []
    expect(await rounds(60, 60_000)).to.equal(0)
  })

  it('are asked by the same key after a restart, and by another one for another fact', async () => {
    await rounds(1, 1)
    const [{ key }] = asked as [Asked]
    hubs = fresh()
    await rounds(1, 1)
    expect(asked.map((one) => one.key)).to.deep.equal([key])
    rows = [row({ event: 'fact-2' })]
    await rounds(1, 1)
    expect(asked.map((one) => one.key))
      .to.have.length(1)
      .and.not.to.include(key)
  })

  it('that do not answer are left alone for a while, with all that is asked of them, until they show themselves', async () => {
    rows = [row(), row({ event: 'fact-2' })]
    answer = () => Promise.reject(new PeerAway(scene.hub.server.domain, 'away', 1_000))
    expect(await rounds(1, 10)).to.equal(1)
    expect(await rounds(10, 10)).to.equal(0)
    answer = () => Promise.resolve({ refused: { code: 'no-such-group' } })
    hubs.showed(scene.hub.server.domain)
    expect(await rounds(1, 10)).to.equal(2)
  })

  it('that refuse are asked again', async () => {
    answer = () => Promise.resolve({ refused: { code: 'no-such-group' } })
    expect(await rounds(60, 1_000)).to.be.within(5, 8)
  })

  it('are not asked for a leaf that is another one, names another queue, or is known to have to go', async () => {
    const state = (await groupAt({ server: scene.follower }, scene.group))!
    rows = [row({ client: scene.alice.client })]
    expect(await rounds(1, 10)).to.equal(0)
    rows = [row({ event: 'fact-2', reason: 'queueGone', reference: 'AAAA' })]
    expect(await rounds(1, 10)).to.equal(0)
    const reference = referenceOf(state, 1)!
    rows = [row({ event: 'fact-3', reason: 'queueGone', reference })]
    expect(await rounds(1, 10)).to.equal(1)
    expect(asked[0]?.asked).to.deep.include({ leaves: [{ leafIndex: 1, client: scene.bob.client, reference }] })
    const { group, bob } = scene
    const leaves = [{ leafIndex: 1, user: bob.user, client: bob.client }]
    const command = { id: derivedId(group, 'required'), bodyHash: '', at: 1 }
    await scene.follower
      .streams()
      .execute(groupAggregate, groupStream(group), command, () =>
        accept({ type: 'RemovalRequired', data: { group, leaves, reason: 'userDeleted' } }),
      )
    rows = [row({ event: 'fact-4' })]
    expect(await rounds(1, 10)).to.equal(0)
  })
})
