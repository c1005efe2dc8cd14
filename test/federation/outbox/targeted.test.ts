/** Messages for some in the outbox: items for the servers that they concern, and no numbers of anybody else's. */
import { expect } from 'chai'
import { messagesShapes, messagesStream } from '#src/events/messages.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { decodeBody } from '#src/federation/wire/body.js'
import { messageItem } from '#src/federation/wire/itemContents.js'
import { backfill } from '#src/federation/outbox/backfill.js'
import { derivedId } from '#src/streams/commandId.js'
import { accepted } from '../../mls/vectors.js'
import { forgedMessage, message } from '../../simulation/federation/hub.js'
import { openScene } from '../scene.js'
import type { Scene } from '../scene.js'

const roomy = { peerQueueMessagesMax: 100, peerQueueBytesMax: 1e6, peerQueueAgeMsMax: 1e9 }

describe('messages for some in the outbox', () => {
  let scene: Scene
  let sent = 0
  beforeEach(async () => {
    scene = await openScene(roomy)
    await scene.add(scene.bob)
  })

  const sendTo = async (targets: number[], more: { servers?: Domain[]; urgency?: 'silent' }): Promise<void> => {
    const { hub, group } = scene
    const text = toBase64url(forgedMessage(hub.chance, group, 1n))
    const data = { group, epoch: '1', message: text, targets, ...more }
    const command = { id: derivedId(group, 'for some', String(sent++)), bodyHash: '', at: hub.now() }
    const event = { type: 'MessageAccepted' as const, data }
    await hub.server.streams().append({ shapes: messagesShapes }, messagesStream(group), command, event)
  }
  const items = async () =>
    (await scene.drain()).map(({ sequence, kind, bytes }) => {
      if (kind !== 'message') return [sequence, kind]
      const { targets, urgency } = accepted(decodeBody(messageItem, bytes))
      return [sequence, targets, urgency]
    })
  const theirs = (): { servers: Domain[] } => ({ servers: [scene.follower.domain] })

  it('are items of the servers that they concern, with whom they are for and how urgent they are', async () => {
    await sendTo([1], { ...theirs(), urgency: 'silent' })
    expect(await items()).to.deep.equal([
      [0, 'join'],
      [1, [1], 'silent'],
    ])
  })

  it('are nothing to the others, whose numbers go on without them', async () => {
    await message(scene.hub, scene.group)
    await sendTo([0], { servers: [] })
    await sendTo([0], { servers: ['c.example' as Domain] })
    await message(scene.hub, scene.group)
    await sendTo([0, 1], theirs())
    expect(await items()).to.deep.equal([
      [0, 'join'],
      [1, [], 'normal'],
      [2, [], 'normal'],
      [3, [0, 1], 'normal'],
    ])
  })

  it('are items of all where the fact does not say whom they concern: it is of before, and so are its numbers', async () => {
    await sendTo([0], {})
    expect(await items()).to.deep.equal([
      [0, 'join'],
      [1, [0], 'normal'],
    ])
  })

  it('are counted as they were where the outbox is made anew, and where a follower asks again, though they are truncated', async () => {
    const { hub, group, follower } = scene
    await message(hub, group)
    await sendTo([0], { servers: [] })
    await sendTo([1], theirs())
    const before = await scene.drain()
    scene.advance(2_000)
    await scene.drain()
    await sendTo([0], { servers: [] })
    await sendTo([0], { servers: [] })
    await message(hub, group)
    await hub.server.project()
    // By its age all of it that nobody is to get.
    await hub.server.events.truncate(messagesStream(group), 5)
    await hub.server.rebuild()
    const all = await scene.drain()
    expect(all.map(({ sequence, kind }) => [sequence, kind])).to.deep.equal([
      [0, 'join'],
      [1, 'message'],
      [2, 'message'],
      [3, 'message'],
    ])
    expect(all.slice(0, 3)).to.deep.equal(before)
    const { events, blobs, domain } = hub.server
    const asked = (from: number) =>
      backfill(
        { streams: hub.server.streams(), view: hub.server.view(), events, blobs, domain },
        { peer: follower.domain, group, from, upTo: 4 },
      )
    expect(await asked(1)).to.equal(undefined)
  })

  it('are the same items where a follower asks again', async () => {
    const { hub, group, follower } = scene
    await message(hub, group)
    await sendTo([0], { servers: [] })
    await sendTo([1], theirs())
    await message(hub, group)
    const sent = await scene.drain()
    const { events, blobs, domain } = hub.server
    const deps = { streams: hub.server.streams(), view: hub.server.view(), events, blobs, domain }
    expect(sent).to.have.length(4)
    for (const from of [0, 1, 2, 3])
      expect(await backfill(deps, { peer: follower.domain, group, from, upTo: 4 })).to.deep.equal(sent.slice(from))
  })

  it('that are gone behind the last word of a follower are not missed where it asks again', async () => {
    const { hub, group, follower } = scene
    await message(hub, group)
    await scene.drain()
    scene.advance(2_000)
    await scene.drain()
    await sendTo([0], { servers: [] })
    await message(hub, group)
    await hub.server.events.truncate(messagesStream(group), 2)
    const { events, blobs, domain } = hub.server
    const found = await backfill(
      { streams: hub.server.streams(), view: hub.server.view(), events, blobs, domain },
      { peer: follower.domain, group, from: 2, upTo: 3 },
    )
    expect(found?.map(({ sequence, kind }) => [sequence, kind])).to.deep.equal([[2, 'message']])
  })
})
