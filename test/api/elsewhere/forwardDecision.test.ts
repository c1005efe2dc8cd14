/** What a client asks beside MLS of another server's group: held to its seat here, and decided there. */
import { expect } from 'chai'
import { forwardDecision } from '#src/api/elsewhere/forwardDecision.js'
import { untilWithin } from '#src/api/elsewhere/until.js'
import { groupAggregate } from '#src/commands/group/group.js'
import type { By } from '#src/commands/group/access.js'
import { groupStream } from '#src/events/group.js'
import type { GroupEvent } from '#src/events/group.js'
import { PeerAway } from '#src/ports/peers.js'
import type { OtherServers } from '#src/ports/peers.js'
import { derivedId } from '#src/streams/commandId.js'
import { accept } from '#src/streams/decider.js'
import { reject } from '#src/streams/rejection.js'
import { blobReferenceOf } from '#src/events/form/blobReference.js'
import { commitOf } from '../../simulation/federation/hub.js'
import { openScene } from '../../federation/scene.js'
import type { Scene } from '../../federation/scene.js'

type Asked = Parameters<OtherServers['decide']>[0]
const problems = ['no-such-group', 'not-a-member', 'version-mismatch'] as const

describe('what a client asks of another server’s group', () => {
  let scene: Scene
  let asked: Asked[]
  let slept: number
  let whileWaiting: () => Promise<void>
  let answer: OtherServers['decide']

  beforeEach(async () => {
    scene = await openScene()
    await scene.add(scene.bob)
    await scene.follow(await scene.drain())
    asked = []
    slept = 0
    whileWaiting = () => Promise.resolve()
    answer = () => Promise.resolve({ accepted: 'fact', at: 7 })
  })

  const ask = (by: By, refused?: ReturnType<typeof reject>) => {
    let now = 0
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms
        slept += ms
        await whileWaiting()
      },
    }
    const decide: OtherServers['decide'] = (one) => {
      asked.push(one)
      return answer(one)
    }
    const elsewhere = { others: { decide } as OtherServers, until: untilWithin(clock) }
    const { group } = scene
    const command = { id: 'command' }
    const deps = { streams: scene.follower.streams(), elsewhere }
    return forwardDecision(deps, { by, group, command, asked: { type: 'deleteGroup' }, refused }, problems)
  }
  let happened = 0
  const happens = (...events: readonly GroupEvent[]) =>
    scene.follower
      .streams()
      .execute(
        groupAggregate,
        groupStream(scene.group),
        { id: derivedId('happens', String(happened++)), bodyHash: '', at: 1 },
        () => accept(...events),
      )
  const seat = () => ({ leafIndex: 1, user: scene.bob.user, client: scene.bob.client })

  it('is asked by its user, under the command’s id', async () => {
    expect(await ask(scene.bob)).to.deep.equal({ accepted: 'fact', at: 7 })
    expect(asked).to.deep.equal([
      { group: scene.group, key: 'command', asked: { type: 'deleteGroup', by: scene.bob.user } },
    ])
  })

  it('is not asked of who has no seat, nor of who must go, and nobody waits for that', async () => {
    expect(await ask(scene.bea)).to.deep.equal(reject({ code: 'no-such-group' }))
    await happens({ type: 'RemovalRequired', data: { group: scene.group, leaves: [seat()], reason: 'userDeleted' } })
    expect(await ask(scene.bob)).to.deep.equal(reject({ code: 'not-a-member' }))
    expect([asked, slept]).to.deep.equal([[], 0])
  })

  it('is refused here where only this server can see why: to members alone', async () => {
    const refused = reject({ code: 'malformed', detail: 'successor' })
    expect(await ask(scene.bea, refused)).to.deep.equal(reject({ code: 'no-such-group' }))
    expect(await ask(scene.bob, refused)).to.deep.equal(refused)
    expect(asked).to.deep.equal([])
  })

  it('is asked again where that has ended the group meanwhile; of a hub that is away it is known that it is over', async () => {
    await happens({ type: 'GroupDeleted', data: { group: scene.group, by: scene.bob.user } })
    expect(await ask(scene.bob)).to.deep.equal({ accepted: 'fact', at: 7 })
    answer = () => Promise.reject(new PeerAway(scene.hub.server.domain, 'away', 1_000))
    expect(await ask(scene.bob)).to.deep.equal(reject({ code: 'group-deleted' }))
    expect(await ask(scene.bea)).to.deep.equal(reject({ code: 'no-such-group' }))
    expect(asked).to.have.length(2)
  })

  it('waits for a client whose own Commit is on its way back, and not for ever', async () => {
    const phone = { user: scene.bob.user, client: scene.bea.client }
    expect(await ask(phone)).to.deep.equal(reject({ code: 'not-a-member' }))
    expect(slept).to.be.greaterThan(1_000)
    // Its leaf has ended, and the Commit by which it came back has not been recorded yet.
    await happens({ type: 'RemovalRequired', data: { group: scene.group, leaves: [seat()], reason: 'expired' } })
    whileWaiting = async () => {
      whileWaiting = () => Promise.resolve()
      await commitOf(scene.hub, scene.group, scene.alice, [{ type: 'remove', removed: 1 }])
      await scene.add(scene.bob)
      await scene.follow(await scene.drain())
    }
    expect(await ask(scene.bob)).to.deep.equal({ accepted: 'fact', at: 7 })
  })

  it('hears that a profile is another by now when that one has come', async () => {
    answer = () => Promise.resolve({ refused: { code: 'version-mismatch', current: 1 } })
    let came = 0
    whileWaiting = async () => {
      if (++came !== 2) return
      const profile = blobReferenceOf(new Uint8Array(3))
      await happens({ type: 'ProfileChanged', data: { group: scene.group, version: 1, profile, by: scene.alice.user } })
    }
    expect(await ask(scene.bob)).to.deep.equal(reject({ code: 'version-mismatch', current: 1 }))
    expect(came).to.equal(2)
  })

  it('is refused with what the route may answer, else as not allowed', async () => {
    answer = () => Promise.resolve({ refused: { code: 'no-such-user' } })
    expect(await ask(scene.bob)).to.deep.equal(reject({ code: 'not-allowed', capability: 'deleteGroup' }))
  })

  it('is not asked without other servers', async () => {
    const { group, bob, follower } = scene
    const asking = { by: bob, group, command: { id: 'command' }, asked: { type: 'deleteGroup' } } as const
    expect(await forwardDecision({ streams: follower.streams() }, asking, problems)).to.deep.equal(
      reject({ code: 'not-allowed', capability: 'decideElsewhere' }),
    )
  })
})
