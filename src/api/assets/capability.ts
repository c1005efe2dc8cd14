/** The capability of an asset: whoever was told it inside MLS may have the bytes. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Asset, Stored } from '../../commands/asset/asset.js'
import { noSuchAsset } from '../../commands/asset/storage.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { Rejected } from '../../streams/rejection.js'

const capabilityBytes = 32

/**
 * The asset for whoever shows its capability. A wrong or missing one, and an asset that is not there, are one answer, and
 * are compared alike: nothing can be told from the time it takes.
 */
export const openedBy = (state: Asset, capability: string | undefined): Stored | Rejected => {
  const shown = fromBase64url(capability ?? '') ?? new Uint8Array()
  const hash = state.status === 'stored' ? state.capabilityHash : ''
  const known = Buffer.alloc(capabilityBytes, hash, 'base64url')
  const isIt = timingSafeEqual(createHash('sha256').update(shown).digest(), known)
  return isIt && shown.length === capabilityBytes && state.status === 'stored' ? state : noSuchAsset
}
