/** Uploads over a log and bytes in memory, on a clock that is moved by hand. */
import { createHash } from 'node:crypto'
import { openMemoryAssetBytes } from '#src/adapters/memory/assetBytes.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { makeUploadLocks } from '#src/api/assets/uploadLocks.js'
import { makeUploads } from '#src/api/assets/uploads.js'
import { assetAggregate } from '#src/commands/asset/asset.js'
import type { Reserved } from '#src/commands/asset/asset.js'
import { reserveAsset } from '#src/commands/asset/reservation.js'
import { assetStream } from '#src/events/asset.js'
import { limitDefaults } from '#src/limits/limits.js'
import type { Limits } from '#src/limits/limits.js'
import type { AssetBytes } from '#src/ports/assetBytes.js'
import type { CommandContext } from '#src/streams/decider.js'
import { makeStreams } from '#src/streams/streams.js'
import { asset, client, user } from '../../commands/people.js'
import { start } from '../../commands/given.js'
import { handClock } from '../../adapters/eventStoreDB/handClock.js'

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')

/** Other bytes at each place. */
export const bytesOf = (size: number, seed = 1): Buffer => {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) + seed) & 0xff
  return bytes
}

export type ReceivingOptions = {
  readonly limits?: Partial<Limits>
  readonly bytes?: (bytes: AssetBytes) => AssetBytes
}

export const openReceiving = (options: ReceivingOptions = {}) => {
  const clock = handClock(start)
  const limits = { ...limitDefaults, assetPartBytesMax: 1_000, ...options.limits }
  const events = openMemoryEventStore()
  const pause = () => Promise.resolve()
  const streams = makeStreams({ events, snapshots: openMemorySnapshots(), cacheBytesMax: 1_000_000, pause })
  const stored = openMemoryAssetBytes({ now: () => clock.now() })
  const bytes = options.bytes?.(stored) ?? stored
  const kept = openMemoryLeases({ now: () => clock.now() })
  let areLeasesThere = true
  const leases = {
    ...kept,
    take: (...lease: Parameters<typeof kept.take>) =>
      areLeasesThere ? kept.take(...lease) : Promise.reject(new Error('the leases cannot be reached')),
    fail: () => {
      areLeasesThere = false
    },
  }
  const uploadsOf = (holder: string) => {
    const locks = makeUploadLocks({ leases, clock, holder })
    return makeUploads({ streams, bytes, locks, clock, limits })
  }
  let commands = 0
  const command = (): CommandContext => ({ id: `command-${++commands}`, bodyHash: '', at: clock.now() })
  /** Reserved by client 1 of user 1. */
  const reserve = async (of: Uint8Array, n = 1): Promise<Reserved> => {
    const outcome = await streams.execute(
      assetAggregate,
      assetStream(asset(n)),
      command(),
      reserveAsset({
        by: { user: user(1), client: client(1) },
        asset: asset(n),
        class: 'message',
        size: of.length,
        digest: digestOf(of),
        capabilityHash: digestOf(new Uint8Array(32)),
        at: clock.now(),
        holding: { bytes: 0, unfinished: 0 },
        isTakenDown: false,
        limits,
      }),
    )
    if ('rejected' in outcome || outcome.state.status !== 'reserved') throw new Error('not reserved')
    return outcome.state
  }
  return { clock, limits, events, streams, stored, leases, uploads: uploadsOf('one'), uploadsOf, command, reserve }
}

/** In chunks of some size; `then` decides how it ends. */
export async function* chunksOf(
  bytes: Uint8Array,
  size: number,
  then?: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
  await then?.()
}
