/** The worker that sends what is unconfirmed: to whom, when, how much at once, and what it believes. */
import { expect } from 'chai'
import { peerAggregate } from '#src/commands/peer/peer.js'
import type { Peer } from '#src/commands/peer/peer.js'
import { changePolicy, changeSending, dropBacklog, resetPeer } from '#src/commands/peer/peerActs.js'
import { groupStream } from '#src/events/group.js'
import type { PeerEvent } from '#src/events/peer.js'
import type { Item, Notified } from '#src/federation/item.js'
import { peerStream } from '#src/events/peerOutbox.js'
import { derivedId } from '#src/streams/commandId.js'
import type { Decide } from '#src/streams/decider.js'
import { addOf } from '../../commands/forgedPeople.js'
import { commitOf, found, message, notice } from '../../simulation/federation/hub.js'
import { isAway, openScene, takesAll } from '../scene.js'
import type { Scene } from '../scene.js'

const hour = 3_600_000
const week = 7 * 24 * hour

const joined = async (): Promise<Scene> => {
  const scene = await openScene()
  await scene.add(scene.bob)
  await scene.round()
  return scene
}
const numbersOf = (items: readonly Item[]): readonly number[] => items.map(({ sequence }) => sequence)
const sentNumbers = ({ sent }: Scene): readonly (readonly number[])[] => sent.map(({ items }) => numbersOf(items))
const facts = async ({ hub, follower }: Scene): Promise<readonly string[]> =>
  (await hub.server.events.readStream(peerStream(follower.domain), { from: 0, limit: 100 })).map(({ type }) => type)
const stopped = ({ hub }: Scene): readonly string[] =>
  hub.server
    .worker()
    .status()
    .stopped.map(({ why }) => why)

describe('the outbox’s worker', () => {
  it('records where a follower begins before it sends anything', async () => {
    const scene = await joined()
    expect([await facts(scene), scene.sent]).to.deep.equal([['PeerConfirmed'], []])
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0]])
  })

  it('sends nothing to a peer that failed before its time, and then all in order', async () => {
    const scene = await joined()
    scene.answer = isAway
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0]])
    await message(scene.hub, scene.group)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0]])
    const nextAt = (): number | undefined => scene.hub.server.worker().seen(scene.follower.domain)?.failing?.nextAt
    expect(nextAt()).to.be.within(scene.hub.now() + 500, scene.hub.now() + 1_000)
    scene.answer = takesAll
    scene.advance(1_000)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0, 1]])
    expect(nextAt()).to.equal(undefined)
  })

  it('sends two hundred items at once and no more, and confirms once a second at most', async () => {
    const scene = await openScene({ peerQueueMessagesMax: 1_000, peerQueueBytesMax: 1e9, peerQueueAgeMsMax: 1e9 })
    await scene.add(scene.bob)
    for (let n = 0; n < 250; n++) await message(scene.hub, scene.group)
    await scene.round()
    for (let n = 0; n < 3; n++) await scene.round()
    expect(sentNumbers(scene).map((numbers) => [numbers[0], numbers.length])).to.deep.equal([
      [0, 200],
      [200, 51],
    ])
    await message(scene.hub, scene.group)
    for (let n = 0; n < 2; n++) await scene.round()
    expect(sentNumbers(scene)).to.have.length(3)
    expect(await facts(scene)).to.deep.equal(['PeerConfirmed', 'PeerConfirmed'])
    scene.advance(1_000)
    await scene.round()
    expect(await facts(scene)).to.have.length(3)
    expect(await scene.hub.server.view().unconfirmed(scene.follower.domain)).to.deep.equal([])
  })

  /** Three requests of a group wait; what the first of them brings about is the test's. */
  const served = async (
    meanwhile: (scene: Scene) => unknown,
    { messages = 450, next = 'waits', before = (_: Scene): unknown => undefined } = {},
  ): Promise<readonly (readonly [number, number])[]> => {
    const scene = await openScene({ peerQueueMessagesMax: 1_000, peerQueueBytesMax: 1e9, peerQueueAgeMsMax: 1e9 })
    await scene.add(scene.bob)
    for (let n = 0; n < messages; n++) await message(scene.hub, scene.group)
    await scene.round()
    before(scene)
    scene.answer = async (...asked) => {
      if (scene.sent.length === 1) await meanwhile(scene)
      return takesAll(...asked)
    }
    expect(await scene.hub.server.worker().serve(scene.follower.domain)).to.equal(next)
    return sentNumbers(scene).map((numbers) => [numbers[0] ?? -1, numbers.length])
  }

  it('sends one request after another, until a group had its turn', async () => {
    const first = [0, 200] as const
    expect(await served(() => undefined)).to.deep.equal([first, [200, 200], [400, 51]])
    expect(
      await served(
        ({ advance }) => {
          advance(200)
        },
        { next: 'more' },
      ),
    ).to.deep.equal([first])
  })

  it('sends no further request of a turn once an operator says so', async () => {
    const pause = async (scene: Scene): Promise<void> => {
      await act(scene, changeSending({ sending: false, act: 1 }), 1)
      await scene.hub.server.project()
    }
    expect(await served(pause, { next: 'more' })).to.deep.equal([[0, 200]])
  })

  it('makes the next request while one is under way, where there is more than goes into one', async () => {
    const readsUntilAsked = async (messages: number): Promise<number> => {
      let reads = 0
      const count = ({ hub }: Scene): void => {
        reads += hub.server.reads()
      }
      await served(count, { messages, before: (scene) => (reads -= scene.hub.server.reads()) })
      return reads
    }
    expect(await readsUntilAsked(450)).to.equal((await readsUntilAsked(50)) + 1)
  })

  it('sends what comes during a request at once behind it, and where other groups wait, those first', async () => {
    const more = ({ hub, group }: Scene) => message(hub, group).then(() => hub.server.project())
    expect(await served(more, { messages: 1 })).to.deep.equal([
      [0, 2],
      [2, 1],
    ])
    const scene = await joined()
    const { hub, bob, alice } = scene
    for (let n = 0; n < 4; n++) await commitOf(hub, await found(hub, alice), alice, [addOf(bob)])
    await scene.round()
    scene.sent.length = 0
    let answered: () => void = () => undefined
    const firstAnswered = new Promise<void>((resolve) => (answered = resolve))
    scene.answer = async (...asked) => {
      if (scene.sent.length > 1) await firstAnswered
      else await message(hub, asked[1]).then(() => hub.server.project())
      answered()
      return takesAll(...asked)
    }
    for (let n = 0; n < 2; n++) await scene.round()
    const [first, ...others] = scene.sent.map(({ group }) => group)
    expect(others.indexOf(first!))
      .to.equal(new Set(others).size - 1)
      .and.to.be.greaterThan(2)
  })

  it('has three requests under way to a peer, and one of a group', async () => {
    const scene = await joined()
    const { hub, bob, alice } = scene
    const groups = [scene.group]
    for (let n = 0; n < 4; n++) {
      const group = await found(hub, alice)
      groups.push(group)
      await commitOf(hub, group, alice, [addOf(bob)])
    }
    let [underWay, most] = [0, 0]
    const perGroup = new Map<string, number>()
    scene.answer = async (_peer, group, items): Promise<Notified> => {
      expect(perGroup.get(group) ?? 0).to.equal(0)
      perGroup.set(group, 1)
      most = Math.max(most, ++underWay)
      for (let n = 0; n < 20; n++) await Promise.resolve()
      underWay--
      perGroup.set(group, 0)
      return { status: 'recorded', next: (items.at(-1)?.sequence ?? 0) + 1 }
    }
    for (let n = 0; n < 3; n++) await scene.round()
    expect(most).to.equal(3)
    expect([...new Set(scene.sent.map(({ group }) => group))].sort()).to.deep.equal([...groups].sort())
  })

  const rowOf = ({ hub, follower }: Scene) => hub.server.view().peer(follower.domain)
  const act = async ({ hub, follower }: Scene, decide: Decide<Peer, PeerEvent>, number: number): Promise<void> => {
    const command = { id: derivedId('test', 'act', String(number)), bodyHash: 'test', at: hub.now() }
    await hub.server.streams().execute(peerAggregate, peerStream(follower.domain), command, decide)
  }
  const parked = async (): Promise<Scene> => {
    const scene = await joined()
    scene.answer = isAway
    await scene.round()
    scene.advance(week)
    await scene.round()
    return scene
  }

  it('gives a peer up after a week, and takes it up again when it shows itself', async () => {
    const scene = await parked()
    const worker = scene.hub.server.worker()
    expect((await scene.hub.server.view().troubled()).map(({ peer }) => peer)).to.deep.equal([scene.follower.domain])
    expect(await facts(scene)).to.deep.equal(['PeerConfirmed', 'PeerPaused'])
    scene.answer = takesAll
    scene.advance(week)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0]])
    await worker.wake(scene.follower.domain)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0], [0]])
    expect(await facts(scene)).to.include.members(['PeerPaused', 'PeerResumed'])
    expect(await scene.hub.server.view().troubled()).to.deep.equal([])
  })

  it('leaves a peer that was given up alone after a restart too, and tries it once an operator resets it', async () => {
    const scene = await parked()
    scene.answer = takesAll
    scene.hub.server.crash()
    scene.advance(week)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0]])
    await act(scene, resetPeer({ act: 1 }), 1)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0], [0]])
  })

  it('does not begin the week anew with a restart', async () => {
    const scene = await joined()
    scene.answer = isAway
    await scene.round()
    scene.advance(week - 20 * hour)
    scene.hub.server.crash()
    for (let n = 0; n < 22; n++) {
      await scene.round()
      scene.advance(hour)
    }
    expect((await rowOf(scene))?.parkedSince).to.not.equal(null)
  })

  it('sends nothing while an operator says so, whoever shows itself, and all of it afterwards', async () => {
    const scene = await joined()
    await act(scene, changeSending({ sending: false, act: 1 }), 1)
    await scene.round()
    await scene.hub.server.worker().wake(scene.follower.domain)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([])
    await act(scene, changeSending({ sending: true, act: 2 }), 2)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0]])
  })

  it('does not ask a peer that is blocked, and asks at once when it is not any more', async () => {
    const scene = await joined()
    await act(scene, changePolicy({ policy: 'blocked', act: 1 }), 1)
    for (let n = 0; n < 3; n++) await scene.round()
    expect([sentNumbers(scene), scene.hub.server.worker().status().failing]).to.deep.equal([[], []])
    await act(scene, changePolicy({ policy: 'allowed', act: 2 }), 2)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0]])
  })

  it('tries a peer at once that failed, and a group again that was stopped, when an operator resets it', async () => {
    const scene = await joined()
    scene.answer = isAway
    await scene.round()
    scene.answer = () => Promise.resolve({ status: 'refused', next: 0, reason: 'so it is' })
    await act(scene, resetPeer({ act: 1 }), 1)
    await scene.round()
    expect([sentNumbers(scene), stopped(scene)]).to.deep.equal([[[0], [0]], ['so it is']])
    scene.answer = takesAll
    await scene.round()
    await act(scene, resetPeer({ act: 2 }), 2)
    await scene.round()
    expect([sentNumbers(scene), stopped(scene)]).to.deep.equal([[[0], [0], [0]], []])
  })

  it('gives up the messages of before an operator’s word, as gaps, and nothing else', async () => {
    const scene = await joined()
    scene.answer = isAway
    for (let n = 0; n < 3; n++) await message(scene.hub, scene.group)
    await notice(scene.hub, scene.group)
    await message(scene.hub, scene.group)
    await scene.round()
    await act(scene, dropBacklog({ act: 1 }), 1)
    scene.advance(1)
    await message(scene.hub, scene.group)
    for (let n = 0; n < 4; n++) await scene.round()
    expect(await rowOf(scene)).to.include({ messages: 1, items: 5, behind: 1 })
    scene.answer = takesAll
    scene.advance(week / 7)
    scene.sent.length = 0
    expect((await scene.drain()).map(({ sequence, kind }) => [sequence, kind])).to.deep.equal([
      [0, 'join'],
      [1, 'gap'],
      [4, 'notice'],
      [5, 'gap'],
      [6, 'message'],
    ])
    expect(await rowOf(scene)).to.include({ messages: 0, items: 0, bytes: 0, itemBytes: 0, behind: 0 })
  })

  it('takes no lease and reads nothing for a peer that rests, however much is written meanwhile', async () => {
    const scene = await joined()
    scene.answer = isAway
    await scene.round()
    const { server } = scene.hub
    const worker = server.worker()
    await message(scene.hub, scene.group)
    await server.project()
    await worker.due()
    await worker.serve(scene.follower.domain)
    const before = [server.held(), server.reads()]
    for (let n = 0; n < 50; n++) expect(await worker.serve(scene.follower.domain)).to.equal('rests')
    expect([server.held(), server.reads()]).to.deep.equal(before)
  })

  it('knows who is behind by one row for each peer, however many groups those are of', async () => {
    const scene = await joined()
    scene.answer = isAway
    for (let n = 0; n < 5; n++) {
      const group = await found(scene.hub, scene.alice)
      await commitOf(scene.hub, group, scene.alice, [addOf(scene.bob)])
    }
    await scene.round()
    const rows = await scene.hub.server.view().peers()
    expect(rows.map(({ peer, behind, items }) => [peer, behind, items])).to.deep.equal([[scene.follower.domain, 6, 6]])
    scene.answer = takesAll
    scene.advance(hour)
    await scene.drain()
    expect(await scene.hub.server.view().peers()).to.deep.equal([])
  })

  it('goes on where the peer says it is, within what it was sent', async () => {
    const scene = await joined()
    for (let n = 0; n < 4; n++) await message(scene.hub, scene.group)
    scene.answer = () => Promise.resolve({ status: 'recorded', next: 2 })
    await scene.round()
    scene.answer = takesAll
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([
      [0, 1, 2, 3, 4],
      [2, 3, 4],
    ])
  })

  it('starts over from what is confirmed where the peer expects less than it had said', async () => {
    const scene = await joined()
    for (let n = 0; n < 2; n++) await scene.round()
    for (let n = 0; n < 2; n++) await message(scene.hub, scene.group)
    scene.answer = () => Promise.resolve({ status: 'recorded', next: 2 })
    await scene.round()
    scene.answer = () => Promise.resolve({ status: 'unexpected', next: 1 })
    await scene.round()
    scene.answer = takesAll
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [1, 2], [2], [1, 2]])
    expect(stopped(scene)).to.deep.equal([])
  })

  for (const [said, answer, why] of [
    ['it has more than it was sent', { status: 'recorded', next: 9 }, /expects 9, and was sent 0/],
    ['the hub broke a rule', { status: 'refused', next: 0, reason: 'so it is' }, /so it is/],
  ] as const)
    it(`stops a group of which the peer says that ${said}, until the peer shows itself a minute later`, async () => {
      const scene = await joined()
      scene.answer = () => Promise.resolve(answer)
      await scene.round()
      expect(stopped(scene)).to.have.length(1)
      expect(stopped(scene)[0]).to.match(why)
      scene.answer = takesAll
      await scene.round()
      await scene.hub.server.worker().wake(scene.follower.domain)
      await scene.round()
      expect(sentNumbers(scene)).to.deep.equal([[0]])
      scene.advance(60_000)
      await scene.hub.server.worker().wake(scene.follower.domain)
      await scene.round()
      expect(sentNumbers(scene)).to.deep.equal([[0], [0]])
    })

  it('lets a group wait that the peer cannot judge now, and takes the peer for there', async () => {
    const scene = await joined()
    scene.answer = () => Promise.resolve({ status: 'later' })
    await scene.round()
    scene.advance(499)
    await scene.round()
    expect([sentNumbers(scene), scene.hub.server.worker().status()]).to.deep.equal([
      [[0]],
      { failing: [], stopped: [] },
    ])
    scene.advance(501)
    scene.answer = takesAll
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0]])
  })

  it('does not send again at once what a peer answers without taking it', async () => {
    const scene = await joined()
    for (const answer of [
      { status: 'recorded', next: 0 },
      { status: 'unexpected', next: 0 },
    ] as const) {
      scene.answer = () => Promise.resolve(answer)
      expect(await scene.hub.server.worker().serve(scene.follower.domain)).to.not.equal('more')
    }
    scene.answer = takesAll
    await scene.hub.server.worker().serve(scene.follower.domain)
    expect(sentNumbers(scene)).to.deep.equal([[0], [0], [0]])
  })

  it('stops a group of which the peer lost what it had confirmed', async () => {
    const scene = await joined()
    await scene.drain()
    await message(scene.hub, scene.group)
    scene.answer = () => Promise.resolve({ status: 'unexpected', next: 0 })
    await scene.round()
    expect(stopped(scene)).to.deep.equal(['it lost what it had confirmed: 0'])
  })

  it('keeps the blobs that an item is made of: GroupInfo and Welcome', async () => {
    const scene = await openScene()
    scene.answer = isAway
    await scene.add(scene.bob)
    await scene.round()
    const [created, commit] = (
      await scene.hub.server.events.readStream(groupStream(scene.group), { from: 0, limit: 9 })
    ).filter(({ type }) => type === 'CommitAccepted' || type === 'GroupCreated')
    const { groupInfo, welcome } = commit?.data as Record<'groupInfo' | 'welcome', { digest: string }>
    const view = scene.hub.server.view()
    expect(await view.namesBlob(groupInfo.digest)).to.equal(true)
    expect(await view.namesBlob(welcome.digest)).to.equal(true)
    const { groupInfoBlob } = created?.data as { groupInfoBlob: { digest: string } }
    expect(await view.namesBlob(groupInfoBlob.digest)).to.equal(false)
    scene.answer = takesAll
    await scene.drain()
    expect(await view.namesBlob(welcome.digest)).to.equal(false)
  })
})
