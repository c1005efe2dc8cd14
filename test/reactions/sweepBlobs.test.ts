/** Blobs that nothing names go; as long as the places that name them are behind, nobody can say so of any. */
import { expect } from 'chai'
import { openMemoryBlobs } from '#src/adapters/memory/blobs.js'
import { sweepBlobs } from '#src/reactions/sweepBlobs.js'
import { sweepCommandOf } from '#src/reactions/rule.js'
import { makeStreams } from '#src/streams/streams.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { silentLogger } from '../support/silentLogger.js'

const later = 2 * 24 * 60 * 60 * 1_000

describe('the sweep of blobs', () => {
  const sweepOver = async (blobs: ReturnType<typeof openMemoryBlobs>, isLevel: boolean): Promise<void> => {
    const sweep = sweepBlobs({ blobs, namedBy: [() => Promise.resolve(false)], level: () => Promise.resolve(isLevel) })
    const streams = makeStreams({
      events: openMemoryEventStore(),
      snapshots: openMemorySnapshots(),
      cacheBytesMax: 1,
      pause: () => Promise.resolve(),
    })
    const command = (target: string) => sweepCommandOf(sweep.name, later, target)
    await sweep.sweep({ streams, logger: silentLogger, command, now: later, signal: new AbortController().signal })
  }

  it('takes nothing while the read model that names them is behind, and what nothing names once it is level', async () => {
    const blobs = openMemoryBlobs({ now: () => 1_000 })
    const digest = await blobs.put(Uint8Array.of(1, 2, 3))
    await sweepOver(blobs, false)
    expect(await blobs.get(digest)).not.to.equal(undefined)
    await sweepOver(blobs, true)
    expect(await blobs.get(digest)).to.equal(undefined)
  })
})
