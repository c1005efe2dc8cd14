/** How assets end by themselves: with their time, their user, or their digest; and what a crash left is removed. */
import { expect } from 'chai'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { assetAggregate } from '#src/commands/asset/asset.js'
import { deleteAsset } from '#src/commands/asset/ending.js'
import { renewAsset } from '#src/commands/asset/renewal.js'
import { reserveAsset } from '#src/commands/asset/reservation.js'
import { digestAggregate, takeDownDigest } from '#src/commands/asset/takedown.js'
import { deleteUser, registerUser, userAggregate } from '#src/commands/account/user.js'
import { assetStream } from '#src/events/asset.js'
import type { AssetClass } from '#src/events/asset.js'
import { digestStream } from '#src/events/digest.js'
import { userStream } from '#src/events/user.js'
import { placedOf } from '#src/items/placed.js'
import { assetsProjection } from '#src/projections/assets/projection.js'
import { assetQueries } from '#src/projections/assets/queries.js'
import { makeRunner } from '#src/projections/runner.js'
import { endAssetsOfUser, endAssetsTakenDown } from '#src/reactions/endAssets.js'
import { expireAssets, sweepAssetBytes } from '#src/reactions/expireAssets.js'
import { commandOf, sweepCommandOf } from '#src/reactions/rule.js'
import type { Rule, Sweep } from '#src/reactions/rule.js'
import { bytesOf, chunksOf, digestOf, openReceiving } from '../api/assets/receiving.js'
import { asset, client, queue, user, vouchedKey } from '../commands/people.js'
import { silentLogger } from '../support/silentLogger.js'

const dayMs = 24 * 60 * 60 * 1_000
/** The seed of bytes that came, and were never said to be all. */
const unfinished = 99
const never = new AbortController().signal

describe('assets that end by themselves', () => {
  let stop: AbortController
  beforeEach(() => {
    stop = new AbortController()
  })
  afterEach(() => {
    stop.abort()
  })

  const open = async () => {
    const receiving = openReceiving()
    const { clock, events, streams, stored: bytes, uploads, command, limits } = receiving
    const model = await openMemoryReadModels().open(assetsProjection.schema, 'log')
    const runner = makeRunner({ projection: assetsProjection, model, events, clock, logger: silentLogger })
    void runner.run(stop.signal)
    const assets = assetQueries(model)
    const level = async () => runner.reached(await events.head(), 5_000)
    const deps = { assets, bytes, runner, level }
    const by = (n: number) => ({ user: user(n), client: client(n) })
    /** Asset n of a user, with bytes of its own seed. */
    const store = async (n: number, of = 1, kind: AssetClass = 'message', seed = n): Promise<void> => {
      const file = bytesOf(1_500, seed)
      const reserve = reserveAsset({
        by: by(of),
        asset: asset(n),
        class: kind,
        size: file.length,
        digest: digestOf(file),
        capabilityHash: digestOf(file),
        at: clock.now(),
        holding: { bytes: 0, unfinished: 0 },
        isTakenDown: false,
        limits,
      })
      const outcome = await streams.execute(assetAggregate, assetStream(asset(n)), command(), reserve)
      if ('rejected' in outcome || outcome.state.status !== 'reserved') throw new Error('not reserved')
      const { state } = outcome
      const append = { offset: 0, stream: chunksOf(file, 500), signal: never, keepRest: true }
      const { digest } = await uploads.appendParts(state, append)
      if (seed === unfinished) return
      await uploads.finish(state, command(), digest)
    }
    const sweep = async ({ name, sweep }: Sweep): Promise<void> => {
      await level()
      const now = clock.now()
      const context = { streams, logger: silentLogger, now, signal: never }
      await sweep({ ...context, command: (target) => sweepCommandOf(name, now, target) })
      await level()
    }
    const react = async ({ name, react }: Rule): Promise<void> => {
      const last = await events.newest()
      if (last === undefined) throw new Error('nothing happened')
      const context = { streams, logger: silentLogger }
      await react(placedOf(last), { ...context, command: (target) => commandOf(last.id, name, target, clock.now()) })
      await level()
    }
    const statusOf = async (n: number) => (await streams.read(assetAggregate, assetStream(asset(n)))).state.status
    const there = async (): Promise<readonly string[]> => (await bytes.list({ limit: 100 })).map((one) => one.asset)
    return { ...receiving, deps, assets, level, store, sweep, react, statusOf, there }
  }

  it('go after 30 days, or 180 since they were renewed, with their bytes', async () => {
    const { deps, store, sweep, statusOf, there, clock, streams, command, limits } = await open()
    await store(1)
    await store(2, 1, 'keep')
    clock.advance(30 * dayMs - 1)
    await sweep(expireAssets(deps))
    expect(await there()).to.deep.equal([asset(1), asset(2)])
    clock.advance(1)
    await sweep(expireAssets(deps))
    expect([await statusOf(1), await statusOf(2), await there()]).to.deep.equal(['over', 'stored', [asset(2)]])
    const renew = renewAsset({ by: user(1), at: clock.now(), limits })
    await streams.execute(assetAggregate, assetStream(asset(2)), command(), renew)
    clock.advance(180 * dayMs - 1)
    await sweep(expireAssets(deps))
    expect(await statusOf(2)).to.equal('stored')
    clock.advance(1)
    await sweep(expireAssets(deps))
    expect([await statusOf(2), await there()]).to.deep.equal(['over', []])
  })

  it('go after a day when their bytes never came, and no longer count', async () => {
    const { deps, assets, store, sweep, statusOf, there, clock } = await open()
    await store(1, 1, 'message', unfinished)
    await store(2)
    await sweep(expireAssets(deps))
    expect(await assets.sumsOf(user(1))).to.deep.equal({
      bytes: 3_000,
      count: 2,
      unfinished: 1,
      unfinishedBytes: 1_500,
    })
    clock.advance(dayMs)
    await sweep(expireAssets(deps))
    expect([await statusOf(1), await there()]).to.deep.equal(['over', [asset(2)]])
    expect(await assets.sumsOf(user(1))).to.deep.equal({ bytes: 1_500, count: 1, unfinished: 0, unfinishedBytes: 0 })
    expect((await assets.byClass()).get('message')).to.deep.include({ bytes: 1_500, count: 1 })
  })

  it('go with their user, and nobody else’s do', async () => {
    const { deps, store, react, statusOf, there, streams, command } = await open()
    await store(1)
    await store(2, 2)
    await store(3, 1, 'message', unfinished)
    const registration = { handle: 'h', handleHash: 'h', discovery: 'exact', claims: 'anyone' } as const
    const first = { user: user(1), client: client(1), directQueue: queue(1), key: vouchedKey(1) }
    const stream = userStream(user(1))
    await streams.execute(userAggregate, stream, command(), registerUser({ ...registration, ...first }))
    await streams.execute(userAggregate, stream, command(), deleteUser())
    await react(endAssetsOfUser(deps))
    expect([await statusOf(1), await statusOf(2), await statusOf(3)]).to.deep.equal(['over', 'stored', 'over'])
    expect(await there()).to.deep.equal([asset(2)])
  })

  it('go with their digest, whoever’s they are, reserved ones too', async () => {
    const { deps, store, react, statusOf, there, streams, command } = await open()
    await store(1, 1, 'message', 7)
    await store(2, 2, 'keep', 7)
    await store(3)
    const digest = digestOf(bytesOf(1_500, 7))
    await streams.execute(digestAggregate, digestStream(digest), command(), takeDownDigest({ digest, act: 1 }))
    await react(endAssetsTakenDown(deps))
    expect([await statusOf(1), await statusOf(2), await statusOf(3)]).to.deep.equal(['over', 'over', 'stored'])
    expect(await there()).to.deep.equal([asset(3)])
  })

  it('leave no bytes behind after a crash, and those of assets that live stay', async () => {
    const { deps, store, sweep, there, stored, streams, command } = await open()
    await store(1)
    await store(2)
    await store(3, 1, 'message', unfinished)
    await streams.execute(assetAggregate, assetStream(asset(1)), command(), deleteAsset(user(1)))
    await stored.write(asset(9), 0, Buffer.of(1))
    await sweep(sweepAssetBytes(deps))
    expect([...(await there())].sort()).to.deep.equal([asset(2), asset(3)].sort())
  })

  it('lose nothing to a read model that is behind, or that could not read what the log has', async () => {
    const { deps, store, sweep, there } = await open()
    await store(1)
    const blind = { ...deps.assets, lives: () => Promise.resolve(false) }
    await sweep(sweepAssetBytes({ ...deps, assets: blind }))
    expect(await there()).to.deep.equal([asset(1)])
  })
})
