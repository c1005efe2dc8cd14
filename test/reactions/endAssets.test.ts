/** Assets end with the digest that was taken down; what came after it was lifted stays, however often the past is followed. */
import { expect } from 'chai'
import { openMemoryAssetBytes } from '#src/adapters/memory/assetBytes.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { assetAggregate } from '#src/commands/asset/asset.js'
import { digestAggregate, liftTakedown, takeDownDigest } from '#src/commands/asset/takedown.js'
import { assetStream } from '#src/events/asset.js'
import { digestStream } from '#src/events/digest.js'
import { placedOf } from '#src/items/placed.js'
import { origin } from '#src/ports/position.js'
import { assetsProjection } from '#src/projections/assets/projection.js'
import { assetQueries } from '#src/projections/assets/queries.js'
import { makeRunner } from '#src/projections/runner.js'
import { endAssetsTakenDown } from '#src/reactions/endAssets.js'
import { commandOf } from '#src/reactions/rule.js'
import { accept } from '#src/streams/decider.js'
import { makeStreams } from '#src/streams/streams.js'
import { asset, client, user } from '../commands/people.js'
import { silentLogger } from '../support/silentLogger.js'

const digest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'

describe('assets whose digest was taken down', () => {
  const stop = new AbortController()
  after(() => {
    stop.abort()
  })

  const world = async () => {
    const events = openMemoryEventStore()
    const pause = (): Promise<void> => Promise.resolve()
    const streams = makeStreams({ events, snapshots: openMemorySnapshots(), cacheBytesMax: 1_000_000, pause })
    const model = await openMemoryReadModels().open(assetsProjection.schema, 'log')
    const runner = makeRunner({ projection: assetsProjection, model, events, clock: systemClock, logger: silentLogger })
    void runner.run(stop.signal)
    const bytes = openMemoryAssetBytes({ now: () => 1 })
    const rule = endAssetsTakenDown({ assets: assetQueries(model), bytes, runner })
    let commands = 0
    const command = () => ({ id: `c${++commands}`, bodyHash: '', at: 1 })
    const upload = async (n: number): Promise<void> => {
      const said = { class: 'message', size: 1, digest, capabilityHash: digest, expires: 9 } as const
      const reserved = { asset: asset(n), owner: user(1), client: client(1), ...said }
      const stored = { asset: asset(n), digest, size: 1, expires: 9 }
      await bytes.write(asset(n), 0, new Uint8Array([7]))
      await streams.execute(assetAggregate, assetStream(asset(n)), command(), () =>
        accept({ type: 'AssetReserved', data: reserved }, { type: 'AssetStored', data: stored }),
      )
    }
    const act = (decide: typeof takeDownDigest, number: number) =>
      streams.execute(digestAggregate, digestStream(digest), command(), decide({ digest, act: number }))
    /** All that has happened, from the beginning. */
    const react = async (): Promise<void> => {
      expect(await runner.reached(await events.head(), 10_000)).to.equal(true)
      for (const stored of await events.readAll({ after: origin })) {
        const answering = (target: string) => commandOf(stored.id, rule.name, target, 1)
        if (rule.answers?.some((type) => type === stored.type) === true)
          await rule.react(placedOf(stored), { streams, logger: silentLogger, command: answering })
      }
    }
    const left = async (n: number): Promise<number> => (await bytes.parts(asset(n))).length
    return { upload, act, react, left }
  }

  it('end, and their bytes go', async () => {
    const { upload, act, react, left } = await world()
    await upload(1)
    await act(takeDownDigest, 1)
    await react()
    expect(await left(1)).to.equal(0)
  })

  it('stay where it was lifted', async () => {
    const { upload, act, react, left } = await world()
    await upload(1)
    await act(takeDownDigest, 1)
    await react()
    await act(liftTakedown, 2)
    await upload(2)
    await react()
    expect([await left(1), await left(2)]).to.deep.equal([0, 1])
  })
})
