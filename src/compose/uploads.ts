/** The uploads of one process, and what goes through it of assets. */
import { makeUploadLocks } from '../api/assets/uploadLocks.js'
import { makeUploads } from '../api/assets/uploads.js'
import type { Uploads } from '../api/assets/uploads.js'
import type { Limits } from '../limits/limits.js'
import type { Streams } from '../streams/streams.js'
import type { ReadSide } from './stores/stores.js'
import type { World } from './world.js'

export type AssetTraffic = {
  /** Told of bytes that went out. */
  readonly send: (bytes: number) => void
  /** Since the start. */
  readonly sent: () => number
}

export const countTraffic = (): AssetTraffic => {
  let sent = 0
  return {
    send: (bytes) => {
      sent += bytes
    },
    sent: () => sent,
  }
}

export const openUploads = (
  { leases, assetBytes: bytes }: Pick<ReadSide, 'leases' | 'assetBytes'>,
  { clock }: Pick<World, 'clock'>,
  { streams, limits, holder }: { readonly streams: Streams; readonly limits: Limits; readonly holder: string },
): Uploads => {
  const locks = makeUploadLocks({ leases, clock, holder })
  return makeUploads({ streams, bytes, locks, clock, limits })
}
