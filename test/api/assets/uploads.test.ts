/** An upload, however it comes: part by part, by its client alone, and only what was said. */
import { expect } from 'chai'
import { assetAggregate } from '#src/commands/asset/asset.js'
import type { Reserved } from '#src/commands/asset/asset.js'
import { deleteAsset } from '#src/commands/asset/ending.js'
import { digestAggregate, takeDownDigest } from '#src/commands/asset/takedown.js'
import type { Uploads } from '#src/api/assets/uploads.js'
import type { Append } from '#src/api/assets/appendParts.js'
import { assetStream } from '#src/events/asset.js'
import { digestStream } from '#src/events/digest.js'
import { StorageFull } from '#src/ports/eventStore.js'
import { asset, client, user } from '../../commands/people.js'
import { bytesOf, chunksOf, digestOf, openReceiving } from './receiving.js'

const never = new AbortController().signal
const append = (stream: AsyncIterable<Uint8Array>, changed: Partial<Append> = {}): Append => ({
  offset: 0,
  stream,
  signal: never,
  keepRest: true,
  ...changed,
})
const forEver = (): Promise<void> => new Promise(() => undefined)
const cut = (): Promise<void> => Promise.reject(new Error('ECONNRESET'))

describe('an upload', () => {
  const file = bytesOf(3_500)

  it('is cut into parts however it comes, and counts its digest on the way', async () => {
    for (const chunk of [1, 700, 1_000, 3_500]) {
      const { uploads, stored, reserve } = openReceiving()
      const reserved = await reserve(file)
      const appended = await uploads.appendParts(reserved, append(chunksOf(file, chunk)))
      expect(appended).to.deep.equal({ offset: 3_500, digest: digestOf(file), refused: undefined })
      expect(await stored.parts(asset(1))).to.deep.equal([
        { start: 0, size: 1_000 },
        { start: 1_000, size: 1_000 },
        { start: 2_000, size: 1_000 },
        { start: 3_000, size: 500 },
      ])
      expect(uploads.received()).to.equal(3_500)
    }
  })

  it('is stored once it is whole', async () => {
    const { uploads, streams, reserve, command } = openReceiving()
    const reserved = await reserve(file)
    const { digest } = await uploads.appendParts(reserved, append(chunksOf(file, 700)))
    const outcome = await uploads.finish(reserved, command(), digest)
    expect(outcome).to.have.nested.property('recorded[0].type', 'AssetStored')
    expect((await streams.read(assetAggregate, assetStream(asset(1)))).state.status).to.equal('stored')
  })

  it('goes on where it broke off, in another process too, and its digest is counted over what is stored', async () => {
    const { uploads, uploadsOf, reserve, command } = openReceiving()
    const reserved = await reserve(file)
    const first = await uploads.appendParts(reserved, append(chunksOf(file.subarray(0, 1_700), 300, cut)))
    expect(first).to.deep.include({ offset: 1_700, digest: undefined })
    expect(first.refused).to.have.nested.property('rejected.code', 'malformed')
    const other = uploadsOf('two')
    expect(await other.offset(asset(1))).to.equal(1_700)
    const rest = await other.appendParts(reserved, append(chunksOf(file.subarray(1_700), 300), { offset: 1_700 }))
    expect(rest).to.deep.equal({ offset: 3_500, digest: undefined, refused: undefined })
    expect(await other.finish(reserved, command())).to.have.nested.property('recorded[0].type', 'AssetStored')
  })

  it('keeps nothing of a part that broke off where nobody will go on', async () => {
    const { uploads, stored, reserve } = openReceiving()
    const reserved = await reserve(file)
    await uploads.appendParts(reserved, append(chunksOf(file.subarray(0, 1_700), 300, cut), { keepRest: false }))
    expect(await stored.parts(asset(1))).to.deep.equal([{ start: 0, size: 1_000 }])
  })

  it('is refused at any place but where it broke off', async () => {
    const { uploads, reserve } = openReceiving()
    const reserved = await reserve(file)
    for (const offset of [1, 3_500]) {
      const appended = await uploads.appendParts(reserved, append(chunksOf(file, 700), { offset }))
      expect(appended.refused).to.deep.equal({ rejected: { code: 'version-mismatch', current: 0 } })
    }
  })

  it('takes no more than was said, nor than one request may bring', async () => {
    const { uploads, reserve } = openReceiving()
    const reserved = await reserve(file)
    const long = Buffer.concat([file, Buffer.of(1)])
    const { refused } = await uploads.appendParts(reserved, append(chunksOf(long, 700)))
    expect(refused).to.deep.equal({ rejected: { code: 'too-large', max: 3_500 } })
    const limited = openReceiving()
    const again = await limited.uploads.appendParts(
      await limited.reserve(file),
      append(chunksOf(file, 700), { max: 2_000 }),
    )
    expect(again.refused).to.deep.equal({ rejected: { code: 'too-large', max: 2_000 } })
  })

  it('of thousands of tiny parts is refused', async () => {
    const { uploads, reserve } = openReceiving({ limits: { assetPartsMax: 3 } })
    const reserved = await reserve(file)
    for (let n = 0; n < 3; n++) {
      await uploads.appendParts(reserved, append(chunksOf(file.subarray(n, n + 1), 1), { offset: n }))
    }
    const { refused } = await uploads.appendParts(reserved, append(chunksOf(file.subarray(3, 4), 1), { offset: 3 }))
    expect(refused).to.deep.equal({ rejected: { code: 'limit-reached', limit: 'assetPartsMax', max: 3 } })
  })

  it('with other bytes than were said leaves nothing behind', async () => {
    const { uploads, stored, reserve, command } = openReceiving()
    const reserved = await reserve(file)
    const { digest } = await uploads.appendParts(reserved, append(chunksOf(bytesOf(3_500, 2), 700)))
    expect(await uploads.finish(reserved, command(), digest)).to.deep.equal({
      rejected: { code: 'digest-mismatch', expected: digestOf(file) },
    })
    expect(await stored.parts(asset(1))).to.deep.equal([])
  })

  it('of another digest than was counted before is counted again: a claim is not believed', async () => {
    const { uploads, stored, reserve, command } = openReceiving()
    const reserved = await reserve(file)
    await uploads.appendParts(reserved, append(chunksOf(bytesOf(3_500, 2), 700)))
    expect(await uploads.finish(reserved, command())).to.have.nested.property('rejected.code', 'digest-mismatch')
    expect(await stored.parts(asset(1))).to.deep.equal([])
  })

  it('that is cut short is not stored, whatever was counted', async () => {
    const { uploads, reserve, command } = openReceiving()
    const reserved = await reserve(file)
    await uploads.appendParts(reserved, append(chunksOf(file.subarray(0, 3_499), 700)))
    const outcome = await uploads.finish(reserved, command(), digestOf(file))
    expect(outcome).to.have.nested.property('rejected.code', 'digest-mismatch')
  })

  it('of a digest that was taken down meanwhile leaves nothing behind', async () => {
    const { uploads, streams, stored, reserve, command } = openReceiving()
    const reserved = await reserve(file)
    const digest = digestOf(file)
    await uploads.appendParts(reserved, append(chunksOf(file, 700)))
    await streams.execute(digestAggregate, digestStream(digest), command(), takeDownDigest({ digest, act: 1 }))
    expect(await uploads.finish(reserved, command(), digest)).to.have.nested.property('rejected.code', 'not-allowed')
    expect(await stored.parts(asset(1))).to.deep.equal([])
  })

  it('of an asset that was deleted meanwhile leaves nothing behind', async () => {
    const { uploads, streams, stored, reserve, command } = openReceiving()
    const reserved = await reserve(file)
    await uploads.appendParts(reserved, append(chunksOf(file, 700)))
    await streams.execute(assetAggregate, assetStream(asset(1)), command(), deleteAsset(user(1)))
    expect(await uploads.finish(reserved, command(), digestOf(file))).to.deep.equal({
      rejected: { code: 'no-such-asset' },
    })
    expect(await stored.parts(asset(1))).to.deep.equal([])
  })

  it('is for the client that reserved it, not even for another of its user', async () => {
    const { uploads, reserve } = openReceiving()
    await reserve(file)
    expect(await uploads.authorise(asset(1), client(1))).to.have.property('status', 'reserved')
    expect(await uploads.authorise(asset(1), client(2))).to.deep.equal({ rejected: { code: 'no-such-asset' } })
    expect(await uploads.authorise(asset(2), client(1))).to.deep.equal({ rejected: { code: 'no-such-asset' } })
  })

  it('that nobody can write down, as the disk is full, says so', async () => {
    const { uploads, reserve } = openReceiving({
      bytes: (bytes) => ({ ...bytes, write: () => Promise.reject(new StorageFull('full')) }),
    })
    const reserved = await reserve(file)
    const failed = await uploads.appendParts(reserved, append(chunksOf(file, 700))).catch((error: unknown) => error)
    expect(failed).to.be.instanceOf(StorageFull)
  })
})

describe('a slow upload', () => {
  const file = bytesOf(100_000)
  const opened = async () => {
    const receiving = openReceiving({ limits: { assetBytesPerSecondMin: 1_000, assetStallMsMax: 10_000 } })
    return { ...receiving, reserved: await receiving.reserve(file) }
  }
  const tooSlow = { rejected: { code: 'upload-too-slow', bytesPerSecondMin: 1_000 } }

  it('is ended when nothing more comes', async () => {
    const { uploads, reserved, clock } = await opened()
    const appending = uploads.appendParts(reserved, append(chunksOf(file.subarray(0, 50_000), 1_000, forEver)))
    await clock.sleeping(10_000)
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(10_000)
    await clock.sleeping(10_000)
    clock.advance(10_000)
    expect((await appending).refused).to.deep.equal(tooSlow)
  })

  it('is ended when it dribbles, and not when it comes as fast as it must', async () => {
    for (const [perWindow, refused] of [
      [9_999, tooSlow],
      [10_000, undefined],
    ] as const) {
      const { uploads, reserved, clock } = await opened()
      let windows = 0
      async function* dribble(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < file.length; at += perWindow) {
          // It is waited for during each whole window: what comes then belongs to the next.
          if (windows++ > 0) {
            await clock.sleeping(10_000)
            clock.advance(10_000)
            await new Promise((resolve) => setImmediate(resolve))
          }
          yield file.subarray(at, at + perWindow)
        }
      }
      expect((await uploads.appendParts(reserved, append(dribble()))).refused).to.deep.equal(refused)
    }
  })

  it('is not the sender’s fault while our own store takes its time', async () => {
    const time: { clock?: { advance: (ms: number) => void } } = {}
    const receiving = openReceiving({
      limits: { assetBytesPerSecondMin: 1_000, assetStallMsMax: 10_000 },
      bytes: (bytes) => ({
        ...bytes,
        write: async (...part) => {
          time.clock?.advance(20_000)
          await new Promise((resolve) => setImmediate(resolve))
          await bytes.write(...part)
        },
      }),
    })
    time.clock = receiving.clock
    const few = bytesOf(5_000)
    const appended = await receiving.uploads.appendParts(await receiving.reserve(few), append(chunksOf(few, 500)))
    expect(appended.refused).to.equal(undefined)
  })
})

describe('two uploads of one asset', () => {
  const file = bytesOf(2_000)
  /** Reads a stream that never ends, until it is told to stop. */
  const hanging = (uploads: Uploads, reserved: Reserved, begun: () => void) =>
    uploads.alone(asset(1), ({ signal }) => {
      begun()
      return uploads.appendParts(reserved, append(chunksOf(file.subarray(0, 500), 500, forEver), { signal }))
    })

  it('in one process: the newer takes over', async () => {
    const { uploads, reserve } = openReceiving()
    const reserved = await reserve(file)
    let first: Promise<unknown> = Promise.resolve()
    await new Promise<void>((resolve) => {
      first = hanging(uploads, reserved, resolve)
    })
    const second = await uploads.alone(asset(1), () => Promise.resolve('mine'))
    expect(second).to.equal('mine')
    expect(await first).to.have.deep.property('refused', {
      rejected: { code: 'upload-under-way' },
    })
  })

  it('in two processes: the newer is refused until the older ends', async () => {
    const { uploads, uploadsOf, reserve, clock } = openReceiving()
    const reserved = await reserve(file)
    const stop = new AbortController()
    let first: Promise<unknown> = Promise.resolve()
    await new Promise<void>((resolve) => {
      first = uploads.alone(asset(1), () => {
        resolve()
        return uploads.appendParts(reserved, append(chunksOf(file, 500, forEver), { signal: stop.signal }))
      })
    })
    const other = uploadsOf('two')
    const second = other.alone(asset(1), () => Promise.resolve('mine'))
    const waited = (async () => {
      for (let n = 0; n < 30; n++) {
        await clock.napping(250)
        clock.advance(200)
      }
    })()
    expect(await second).to.deep.equal({ rejected: { code: 'upload-under-way' } })
    void waited
    stop.abort()
    await first
    expect(await other.alone(asset(1), () => Promise.resolve('mine'))).to.equal('mine')
  })

  it('lose nothing of what came, however little, where the older gives way', async () => {
    const { uploads, stored, reserve } = openReceiving()
    const reserved = await reserve(file)
    let first: Promise<unknown> = Promise.resolve()
    await new Promise<void>((resolve) => {
      first = hanging(uploads, reserved, resolve)
    })
    // Until the first chunk is taken: it fills no part.
    await new Promise((resolve) => setImmediate(resolve))
    expect(await uploads.alone(asset(1), () => uploads.offset(asset(1)))).to.equal(500)
    expect(await first).to.have.property('offset', 500)
    expect(await stored.parts(asset(1))).to.deep.equal([{ start: 0, size: 500 }])
  })

  it('write nothing more once the lease is lost: it may be another’s', async () => {
    const { uploads, stored, reserve, clock, leases } = openReceiving()
    const reserved = await reserve(file)
    let first: Promise<unknown> = Promise.resolve()
    await new Promise<void>((resolve) => {
      first = hanging(uploads, reserved, resolve)
    })
    // Until the first chunk is taken: it fills no part.
    await new Promise((resolve) => setImmediate(resolve))
    leases.fail()
    for (let n = 0; n < 4; n++) {
      await clock.sleeping(2_500)
      clock.advance(2_500)
    }
    expect(await first).to.deep.include({ offset: 0, refused: { rejected: { code: 'upload-under-way' } } })
    expect(await stored.parts(asset(1))).to.deep.equal([])
  })
})

describe('the uploads of one user', () => {
  it('are read so many at once, and the others in turn', async () => {
    const { uploads, reserve } = openReceiving({ limits: { assetUploadsAtOncePerUserMax: 2 } })
    const file = bytesOf(100)
    const reserved = [await reserve(file, 1), await reserve(file, 2), await reserve(file, 3)]
    const ends: (() => void)[] = []
    let begun = 0
    const held = (): AsyncGenerator<Uint8Array> => {
      begun++
      return chunksOf(file, 100, () => new Promise<void>((resolve) => void ends.push(resolve)))
    }
    async function* lazily(): AsyncGenerator<Uint8Array> {
      yield* held()
    }
    const all = reserved.map((one) => uploads.appendParts(one, append(lazily())))
    while (ends.length < 2) await new Promise((resolve) => setImmediate(resolve))
    expect(begun).to.equal(2)
    ends[0]!()
    while (ends.length < 3) await new Promise((resolve) => setImmediate(resolve))
    for (const end of ends) end()
    expect((await Promise.all(all)).map(({ offset }) => offset)).to.deep.equal([100, 100, 100])
  })
})
