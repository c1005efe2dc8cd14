/** What goes into one request: the same items as one by one, whatever they are read together with. */
import { expect } from 'chai'
import { groupStream } from '#src/events/group.js'
import { messagesShapes, messagesStream } from '#src/events/messages.js'
import { batchOf } from '#src/federation/outbox/turn/batch.js'
import { contentOf } from '#src/federation/outbox/turn/content.js'
import type { ContentDependencies } from '#src/federation/outbox/turn/content.js'
import type { ItemRow } from '#src/federation/outbox/schema.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { message, notice } from '../../../simulation/federation/hub.js'
import { openScene } from '../../scene.js'
import type { Scene } from '../../scene.js'

const roomy = { peerQueueMessagesMax: 1_000, peerQueueBytesMax: 1e9, peerQueueAgeMsMax: 1e9 }

const rowsOf = async ({ hub, follower, group }: Scene): Promise<readonly ItemRow[]> => {
  await hub.server.project()
  return hub.server.view().items(follower.domain, group, 0, 1_000)
}

/** A join, three messages, a notice and two messages. */
const opened = async () => {
  const scene = await openScene(roomy)
  await scene.add(scene.bob)
  for (let n = 0; n < 3; n++) await message(scene.hub, scene.group)
  await notice(scene.hub, scene.group)
  for (let n = 0; n < 2; n++) await message(scene.hub, scene.group)
  const { events, blobs, streams } = scene.hub.server
  const reads: (readonly [string, number | undefined])[] = []
  const deps: ContentDependencies = {
    streams: streams(),
    blobs,
    events: {
      readStream: (stream, options) => {
        reads.push([stream, options?.limit])
        return events.readStream(stream, options)
      },
    },
  }
  return { scene, deps, reads }
}

describe('the items of a request', () => {
  it('are those of the rows, to the byte, with messages that follow on each other read at once', async () => {
    const { scene, deps, reads } = await opened()
    const rows = await rowsOf(scene)
    const items = await batchOf(deps, rows)
    const [inMessages, inGroup] = [messagesStream(scene.group), groupStream(scene.group)]
    expect(reads.filter(([stream]) => stream === inMessages).map(([, limit]) => limit)).to.deep.equal([3, 2])
    expect(reads.filter(([stream]) => stream === inGroup)).to.have.length(2)
    expect(items.map(({ kind }) => kind)).to.deep.equal([
      'join',
      'message',
      'message',
      'message',
      'notice',
      'message',
      'message',
    ])
    for (const [at, row] of rows.entries()) expect(items[at]).to.deep.equal(await contentOf(deps, row))
  })

  it('are read apart where they stand apart', async () => {
    const { scene, deps, reads } = await opened()
    const rows = (await rowsOf(scene)).filter(({ sequence }) => sequence !== 2)
    expect(await batchOf(deps, rows)).to.have.length(rows.length)
    const inMessages = messagesStream(scene.group)
    expect(reads.filter(([stream]) => stream === inMessages).map(([, limit]) => limit)).to.deep.equal([1, 1, 2])
  })

  it('end before the first that the log has no more', async () => {
    const { scene, deps } = await opened()
    const rows = await rowsOf(scene)
    await scene.hub.server.events.truncate(messagesStream(scene.group), 2)
    expect((await batchOf(deps, rows)).map(({ kind }) => kind)).to.deep.equal(['join'])
    expect(await batchOf(deps, rows.slice(1))).to.deep.equal([])
    expect(await batchOf(deps, rows.slice(3))).to.have.length(4)
    const another = rows.map((row) => (row.sequence === 5 ? { ...row, event: 'another' } : row))
    expect(await batchOf(deps, another.slice(3))).to.have.length(2)
  })

  it('are a mebibyte at most, but one at least', async () => {
    const { scene, deps } = await opened()
    const large = (bytes: number) => ({
      type: 'MessageAccepted' as const,
      data: { group: scene.group, epoch: '1', message: toBase64url(new Uint8Array(bytes)) },
    })
    for (const [n, bytes] of [600_000, 600_000, 400_000, 50_000].entries())
      await scene.hub.server
        .streams()
        .append(
          { shapes: messagesShapes },
          messagesStream(scene.group),
          { id: `00000000-0000-4000-8000-00000000000${n}`, bodyHash: '', at: 1 },
          large(bytes),
        )
    const rows = (await rowsOf(scene)).slice(-4)
    const lengthsFrom = async (at: number) =>
      (await batchOf(deps, rows.slice(at))).map(({ bytes }) => Math.floor(bytes.length / 10_000))
    expect(await lengthsFrom(0)).to.deep.equal([60])
    expect(await lengthsFrom(1)).to.deep.equal([60, 40])
    expect(await lengthsFrom(2)).to.deep.equal([40, 5])
  })
})
