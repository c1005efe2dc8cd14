/**
 * An upload, however it comes: for the reserving client only, made durable part by part, and finished when what is stored
 * has the digest that was said. The plain PUT and tus (resumable) are two doors to it.
 */
import { assetAggregate } from '../../commands/asset/asset.js'
import type { Asset, Reserved, Stored } from '../../commands/asset/asset.js'
import { storeAsset, uploadedBy } from '../../commands/asset/storage.js'
import { isTakenDown } from '../../commands/chains/takenDown.js'
import { assetStream } from '../../events/asset.js'
import type { AssetEvent } from '../../events/asset.js'
import type { Limits } from '../../limits/limits.js'
import type { AssetId, ClientId } from '../../mls/wire/ids.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import type { Clock } from '../../ports/clock.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { newPlaces } from '../../structures/places.js'
import { appendParts } from './appendParts.js'
import type { Appended, Append } from './appendParts.js'
import { digestOfStored, sizeOf } from './storedBytes.js'
import type { UploadLock, UploadLocks } from './uploadLocks.js'

export type Uploads = {
  /** What was reserved (or is stored by now), for the client that reserved it; anybody else hears `no-such-asset`. */
  authorise(asset: AssetId, client: ClientId): Promise<Reserved | Stored | Rejected>
  /**
   * Does the work while this upload of the asset is the only one in all processes; `upload-under-way` where another one
   * does not give way. `by`: the command, so that the same one sent twice is not in its own way. What is authorised is asked for again in here: it may have been stored or deleted meanwhile.
   */
  alone<T>(asset: AssetId, work: (lock: Pick<UploadLock, 'signal'>) => Promise<T>, by?: string): Promise<T | Rejected>
  /** Waits for a while until no upload of it is under way here: of whoever had to give way. */
  ended(asset: AssetId): Promise<void>
  /** How many bytes are there: where the upload goes on. */
  offset(asset: AssetId): Promise<number>
  /**
   * Makes what comes durable from `offset` on, and answers how far it came. It waits for a place among the uploads of its
   * user. To be done `alone`. Throws StorageFull, StoreUnavailable.
   */
  appendParts(reserved: Reserved, append: Append): Promise<Appended>
  /**
   * All bytes are there: compares their digest (counted over what is stored, unless `counted` while this call alone wrote
   * all of them), asks for a takedown, records AssetStored. Where it refuses, the bytes are gone. To be done `alone`.
   * Throws StoreUnavailable, StorageFull: then it may have been recorded, and nothing is removed.
   */
  finish(reserved: Reserved, command: CommandContext, counted?: string): Promise<Outcome<Asset, AssetEvent>>
  /** Nothing stays of what came. */
  discard(asset: AssetId): Promise<void>
  /** Whether nothing with this digest is taken or given any more. */
  isTakenDown(digest: string): Promise<boolean>
  /** Bytes made durable since the start, for the metrics. */
  received(): number
}

export type UploadsDependencies = {
  readonly streams: Pick<Streams, 'read' | 'execute'>
  readonly bytes: AssetBytes
  readonly locks: UploadLocks
  readonly clock: Clock
  readonly limits: Limits
}

export const makeUploads = ({ streams, bytes, locks, clock, limits }: UploadsDependencies): Uploads => {
  const places = newPlaces(() => limits.assetUploadsAtOncePerUserMax)
  let received = 0

  const digestOf = async ({ asset, size, digest }: Reserved, counted: string | undefined): Promise<string> => {
    if (sizeOf(await bytes.parts(asset)) !== size) return ''
    return counted === digest ? counted : digestOfStored(bytes, asset, size)
  }

  return {
    authorise: async (asset, client) =>
      uploadedBy((await streams.read(assetAggregate, assetStream(asset))).state, client),
    alone: async (asset, work, by) => {
      const lock = await locks.take(asset, by)
      if (lock === undefined) return reject({ code: 'upload-under-way' })
      try {
        return await work(lock)
      } finally {
        await lock.release()
      }
    },
    ended: (asset) => locks.free(asset),
    offset: async (asset) => sizeOf(await bytes.parts(asset)),
    appendParts: (reserved, append) =>
      places.take(reserved.owner, async () => {
        const written = (size: number): void => {
          received += size
        }
        return appendParts({ bytes, clock, limits, written }, reserved, append)
      }),
    finish: async (reserved, command, counted) => {
      const { asset, size } = reserved
      const digest = await digestOf(reserved, counted)
      const store = storeAsset({
        digest,
        size,
        isTakenDown: await isTakenDown(streams, digest),
        at: command.at,
        limits,
      })
      const outcome = await streams.execute(assetAggregate, assetStream(asset), command, store)
      if ('rejected' in outcome) await bytes.remove(asset)
      return outcome
    },
    discard: (asset) => bytes.remove(asset),
    isTakenDown: (digest) => isTakenDown(streams, digest),
    received: () => received,
  }
}
