/** What a follower was sent, made again of the log: the very items, whichever it asks from. */
import { expect } from 'chai'
import { recordAll } from '#src/federation/inbound/recordAll.js'
import type { RecordAllDependencies } from '#src/federation/inbound/recordAll.js'
import type { Item } from '#src/federation/item.js'
import { backfill } from '#src/federation/outbox/backfill.js'
import { messagesStream } from '#src/events/messages.js'
import { reject } from '#src/streams/rejection.js'
import { addOf } from '../../commands/forgedPeople.js'
import { commitOf, groupAt, message, notice, propose } from '../../simulation/federation/hub.js'
import { isAway, openScene, takesAll } from '../scene.js'
import type { Scene } from '../scene.js'

const roomy = { peerQueueMessagesMax: 100, peerQueueBytesMax: 1e6, peerQueueAgeMsMax: 1e9 }

/** A join, messages, a notice, a Commit and a proposal, the domain leaves and comes back, all of it confirmed on the way. */
const life = async (): Promise<{ readonly scene: Scene; readonly sent: readonly Item[] }> => {
  const scene = await openScene(roomy)
  const { hub, group, alice, bob, bea } = scene
  const items: Item[] = []
  const more = async (): Promise<void> => {
    for (const item of await scene.drain()) items[item.sequence] = item
  }
  await scene.add(bob)
  for (let n = 0; n < 3; n++) await message(hub, group)
  await notice(hub, group)
  await more()
  await commitOf(hub, group, alice, [addOf(bea)])
  while (!(await propose(hub, group)));
  await message(hub, group)
  await more()
  const state = (await groupAt(hub, group))!
  const gone = [...state.clients].filter(([client]) => client !== alice.client).map(([, leaf]) => leaf)
  await commitOf(
    hub,
    group,
    alice,
    gone.map((removed) => ({ type: 'remove', removed }) as const),
  )
  await message(hub, group)
  await scene.add(bob)
  await message(hub, group)
  await more()
  return { scene, sent: items }
}

const asked = ({ hub, follower, group }: Scene, from: number, upTo: number) =>
  backfill(
    {
      ...{ streams: hub.server.streams(), events: hub.server.events, blobs: hub.server.blobs },
      ...{ domain: hub.server.domain, view: hub.server.view() },
    },
    { peer: follower.domain, group, from, upTo },
  )

describe('what a follower asks for again', () => {
  it('is what it was sent, to the byte, from any number on', async () => {
    const { scene, sent } = await life()
    expect(sent.map(({ kind }) => kind)).to.include.members(['join', 'commit', 'proposal', 'message', 'notice'])
    for (const { sequence } of sent)
      expect(await asked(scene, sequence, sent.length), String(sequence)).to.deep.equal(sent.slice(sequence))
    expect(await asked(scene, 0, 2)).to.deep.equal(sent.slice(0, 2))
    expect(await asked(scene, sent.length, sent.length)).to.equal(undefined)
  })

  it('has a gap where messages fell out, or the rest of it', async () => {
    const scene = await openScene({ ...roomy, peerQueueMessagesMax: 1 })
    const { hub, group, bob } = scene
    scene.answer = isAway
    await scene.add(bob)
    for (let n = 0; n < 4; n++) await message(hub, group)
    await scene.round()
    await scene.round()
    scene.answer = takesAll
    scene.advance(2_000)
    const sent = await scene.drain()
    expect(sent.map(({ sequence, kind }) => [sequence, kind])).to.deep.equal([
      [0, 'join'],
      [1, 'gap'],
      [4, 'message'],
    ])
    expect(await asked(scene, 1, 5)).to.deep.equal(sent.slice(1))
    const rest = await asked(scene, 2, 5)
    expect(rest?.map(({ sequence, kind }) => [sequence, kind])).to.deep.equal([
      [2, 'gap'],
      [4, 'message'],
    ])
  })

  it('is what it was sent before anything fell out, and the gap where its number is reached', async () => {
    const scene = await openScene({ ...roomy, peerQueueMessagesMax: 2 })
    const { hub, group, bob } = scene
    await scene.add(bob)
    for (let n = 0; n < 2; n++) await message(hub, group)
    const before = await scene.drain()
    scene.answer = isAway
    for (let n = 0; n < 5; n++) await message(hub, group)
    for (let n = 0; n < 3; n++) await scene.round()
    scene.answer = takesAll
    scene.advance(2_000)
    scene.sent.length = 0
    const later = await scene.drain()
    const sent = [...before.filter(({ sequence }) => sequence < 3), ...later.filter(({ sequence }) => sequence > 2)]
    expect(sent.map(({ sequence, kind }) => [sequence, kind])).to.deep.equal([
      [0, 'join'],
      [1, 'message'],
      [2, 'message'],
      [3, 'gap'],
      [6, 'message'],
      [7, 'message'],
    ])
    for (const { sequence } of sent)
      expect(await asked(scene, sequence, 8), String(sequence)).to.deep.equal(
        sent.filter((item) => item.sequence >= sequence),
      )
    // What a rebuild of the rows counts is the same.
    await hub.server.rebuild()
    expect(await asked(scene, 1, 8)).to.deep.equal(sent.slice(1))
  })

  it('is counted from a mark near by, whatever was said of the peer before it', async () => {
    const scene = await openScene({ ...roomy, peerQueueMessagesMax: 2_000 })
    const { hub, group, follower, bob } = scene
    await scene.add(bob)
    for (let n = 0; n < 3; n++) {
      for (let m = 0; m < 400; m++) await message(hub, group)
      await scene.drain()
    }
    const counted = async (from: number) =>
      (await hub.server.view().countedFrom({ peer: follower.domain, group, from, items: 200 }))?.anchor.sequence
    expect(await counted(0)).to.equal(0)
    const last = await counted(1_199)
    expect(last).to.be.within(600, 1_199)
    const found = await asked(scene, 1_150, 1_201)
    expect(found?.map(({ sequence }) => sequence)).to.deep.equal(Array.from({ length: 51 }, (_, n) => 1_150 + n))
  })

  it('is nothing where messages are gone by which it would be counted', async () => {
    const { scene, sent } = await life()
    await scene.hub.server.events.truncate(messagesStream(scene.group), 2)
    expect(await asked(scene, 0, sent.length)).to.equal(undefined)
  })

  it('brings a follower that lost all of it to where it was', async () => {
    const { scene, sent } = await life()
    const from = { hub: scene.hub.server.domain, group: scene.group }
    const last = sent.slice(-1)
    const bare = await recordAll({ record: scene.follower.record() }, from, last)
    expect(bare).to.deep.equal({ status: 'unexpected', next: 0 })
    const deps: RecordAllDependencies = {
      record: scene.follower.record(),
      backfill: (_group, next) => asked(scene, next, sent.length),
    }
    const costs: number[] = []
    const poor = (bytes: number) => (
      costs.push(bytes),
      Promise.resolve(reject({ code: 'rate-limited', retryAfter: 9 }))
    )
    const free = () => Promise.resolve(undefined)
    expect(await recordAll(deps, from, last, { mayBegin: free, mayTake: poor }), 'it pays').to.deep.equal(bare)
    expect(costs).to.have.length(1)
    expect(costs[0]).to.be.above(1_000)
    const heard = await recordAll(deps, from, last)
    expect(heard).to.deep.equal({ status: 'recorded', next: sent.length })
  })
})
