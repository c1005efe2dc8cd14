/** What falls out of an outbox: messages alone, the oldest first, by number, bytes or age. */
import { expect } from 'chai'
import { fallingOut } from '#src/federation/outbox/falling.js'
import type { QueueLimits } from '#src/federation/outbox/falling.js'
import { message, notice } from '../../simulation/federation/hub.js'
import { isAway, openScene } from '../scene.js'
import type { Scene } from '../scene.js'

const roomy: QueueLimits = { peerQueueMessagesMax: 100, peerQueueBytesMax: 1_000_000, peerQueueAgeMsMax: 1_000_000 }

/** A join, three messages a minute apart, a notice, one more message: 0, 1 to 3, 4 and 5. */
const backlog = async (): Promise<Scene> => {
  const scene = await openScene(roomy)
  const { hub, group, advance } = scene
  scene.answer = isAway
  await scene.add(scene.bob)
  for (let n = 0; n < 3; n++) {
    await message(hub, group)
    advance(60_000)
  }
  await notice(hub, group)
  await message(hub, group)
  await scene.round()
  return scene
}

const falling = async (limits: Partial<QueueLimits>): Promise<unknown> => {
  const { hub, follower } = await backlog()
  const fallen = await fallingOut(hub.server.view(), follower.domain, { ...roomy, ...limits }, hub.now())
  return fallen === undefined ? undefined : [fallen.fromSequence, fallen.toSequence, fallen.count]
}

describe('messages of a peer that is away', () => {
  it('stay where there is room', async () => {
    expect(await falling({})).to.equal(undefined)
    expect(await falling({ peerQueueMessagesMax: 4 })).to.equal(undefined)
  })

  it('fall out, oldest first, beyond a number of them', async () => {
    expect(await falling({ peerQueueMessagesMax: 3 })).to.deep.equal([1, 1, 1])
    expect(await falling({ peerQueueMessagesMax: 2 })).to.deep.equal([1, 2, 2])
  })

  it('fall out beyond their bytes', async () => {
    const { hub, follower } = await backlog()
    const { bytes } = (await hub.server.view().peer(follower.domain))!
    expect(await falling({ peerQueueBytesMax: bytes })).to.equal(undefined)
    expect(await falling({ peerQueueBytesMax: bytes - 1 })).to.deep.equal([1, 1, 1])
    expect(await falling({ peerQueueBytesMax: bytes / 2 - 1 })).to.deep.equal([1, 3, 3])
  })

  it('fall out beyond their age', async () => {
    expect(await falling({ peerQueueAgeMsMax: 180_000 })).to.equal(undefined)
    expect(await falling({ peerQueueAgeMsMax: 179_999 })).to.deep.equal([1, 1, 1])
    expect(await falling({ peerQueueAgeMsMax: 119_999 })).to.deep.equal([1, 2, 2])
  })

  it('fall out in runs: what else stands between them stays, and what is behind it is another gap', async () => {
    expect(await falling({ peerQueueMessagesMax: 0 })).to.deep.equal([1, 3, 3])
  })
})
