/** A follower that is away for a week of traffic: what waits for it is bounded, it is asked ever later, and it has all that is left, in order and once. */
import { expect } from 'chai'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { peerStream } from '#src/events/peerOutbox.js'
import type { Item } from '#src/federation/item.js'
import { lastNumberOf } from '#src/federation/record/gaps.js'
import { commitOf, message } from '../../simulation/federation/hub.js'
import { isAway, openScene } from '../scene.js'

describe('a follower for which more comes than fits', () => {
  it('loses many at a time and seldom, and is sent something in between', async () => {
    const scene = await openScene({ ...limits, peerQueueMessagesMax: 320 })
    const { hub, follower, group } = scene
    scene.answer = isAway
    await scene.add(scene.bob)
    for (let n = 0; n < 320; n++) await message(hub, group)
    const gaps = async (): Promise<number> => {
      const facts = await hub.server.events.readStream(peerStream(follower.domain), { from: 0, limit: 5_000 })
      return facts.filter(({ type }) => type === 'PeerGap').length
    }
    let tries = 0
    scene.answer = (...asked) => {
      tries++
      return isAway(...asked)
    }
    for (let n = 0; n < 44; n++) {
      await message(hub, group)
      await scene.round()
      scene.advance(60 * minute)
    }
    expect(await gaps()).to.equal(4)
    expect(tries).to.be.above(30)
  })
})

const minute = 60_000
const messagesMax = 60
const limits = { peerQueueMessagesMax: messagesMax, peerQueueBytesMax: 1e9, peerQueueAgeMsMax: 1e12 }

describe('a follower that is away for a week', () => {
  it('is owed no more than fits, is asked ever later, and catches up in order', async () => {
    const scene = await openScene(limits)
    const { hub, follower, group } = scene
    const take: typeof scene.answer = (_peer, _group, items) => scene.follow(items)
    scene.answer = take
    await scene.add(scene.bob)
    for (let n = 0; n < 3; n++) await message(hub, group)
    await scene.drain()
    let tries = 0
    scene.answer = (...asked) => {
      tries++
      return isAway(...asked)
    }
    let most = 0
    for (let at = 0; at < 7 * 24 * 60; at += 60) {
      await message(hub, group)
      if (at % (24 * 60) === 0) await commitOf(hub, group, scene.alice, [])
      await scene.round()
      scene.advance(60 * minute)
      most = Math.max(most, (await hub.server.view().peer(follower.domain))?.messages ?? 0)
    }
    await scene.round()
    expect(most).to.be.within(messagesMax, messagesMax + 1)
    // Hours apart, where nothing falls out in its place; each time a batch of one group.
    expect(tries).to.be.within(20, 200)
    expect((await hub.server.view().peer(follower.domain))?.parkedSince).to.be.a('number')

    scene.sent.length = 0
    scene.answer = take
    await hub.server.worker().wake(follower.domain)
    const items: readonly Item[] = await scene.drain()
    let next = items[0]?.sequence ?? 0
    for (const item of items) {
      expect(item.sequence).to.equal(next)
      next = lastNumberOf(item) + 1
    }
    expect(items.filter(({ kind }) => kind === 'commit')).to.have.length(7)
    expect(items.filter(({ kind }) => kind === 'message').length).to.be.within(messagesMax - 1, messagesMax)
    expect(items.some(({ kind }) => kind === 'gap')).to.equal(true)
    // Nothing twice: not on the way, and not on record.
    expect(scene.sent.flatMap(({ items: sent }) => sent)).to.have.length(items.length)
    const recorded = async (stream: string) => follower.events.readStream(stream, { from: 0, limit: 5_000 })
    const all = [...(await recorded(groupStream(group))), ...(await recorded(messagesStream(group)))]
    const causes = all.flatMap(({ meta }) => meta.cause ?? [])
    expect(new Set(causes).size).to.equal(causes.length)
    expect(Math.max(...all.map(({ meta }) => meta.hub?.sequence ?? 0)) + 1).to.equal(next)
    expect(await hub.server.view().unconfirmed(follower.domain)).to.deep.equal([])
    // What fell out is a fact for each run of messages, and not for each message.
    const facts = await hub.server.events.readStream(peerStream(follower.domain), { from: 0, limit: 5_000 })
    expect(facts.map(({ type }) => type)).to.include.members(['PeerGap', 'PeerPaused', 'PeerResumed'])
  })
})
