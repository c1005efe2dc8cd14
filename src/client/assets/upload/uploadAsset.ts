/** Brings a file to the homeserver: encrypted, in one request where it is small, otherwise in pieces that survive what breaks off. */
import type { AssetId } from '../../../mls/wire/ids.js'
import type { AssetClass } from '../../api/assets.js'
import { sha256 } from '../../crypto/digest.js'
import { randomId } from '../../crypto/random.js'
import type { Engine } from '../../engine/engine.js'
import { engineWithin } from '../../engine/within.js'
import { isRefusal } from '../../transport/refused.js'
import { assetKeysOf } from '../sealed/assetKeys.js'
import type { AssetReference } from '../sealed/assetReference.js'
import { type AssetUpload, newAssetUpload, reservedAnew, type ReservedUpload } from './assetUpload.js'
import { allChunksOf, sealedSizeOf } from '../sealed/chunks.js'
import { FileChanged } from './fileChanged.js'
import { expectSource, type FileSource } from './fileSource.js'
import { piecesOf } from '../sealed/pieces.js'
import { sealChunks } from '../sealed/sealChunks.js'
import type { OnFileProgress, Transfer } from '../transfer.js'
import { type Begun, uploadInPieces } from './uploadInPieces.js'

/** Encrypted bytes up to which one request carries all of them. */
const atOnceBytesMax = 1_048_576
/** A reservation lives for a day: whoever needs more of them than this is not getting on. */
const reservationsMax = 3

/**
 * Answers what a message has to say for others to download it. Throws `Refused` (`too-large`, `quota-exceeded`, …),
 * `FileChanged`, `Unreachable`. Nothing is kept of it in the store: what is cut short is taken back, and begins anew.
 */
export const uploadAsset = async (
  engine: Engine,
  source: FileSource,
  { class: kept, onProgress, signal }: Transfer & { readonly class: AssetClass },
): Promise<AssetReference> => {
  expectSource('uploadAsset', source)
  const asked = signal === undefined ? engine : engineWithin(engine, signal)
  const upload = await newAssetUpload(source, { class: kept, signal: asked.signal })
  let reserved: AssetId | undefined
  const onReserved = ({ asset }: AssetUpload): Promise<void> => {
    reserved = asset
    return Promise.resolve()
  }
  try {
    return await carryUpload(asked, upload, source, { onReserved, ...(onProgress === undefined ? {} : { onProgress }) })
  } catch (error) {
    if (reserved !== undefined) await takeBack(engine, reserved)
    throw error
  }
}

/** Goes on with one from wherever it is; `onReserved` keeps what is known now. */
export const carryUpload = async (
  engine: Engine,
  upload: AssetUpload,
  source: FileSource,
  {
    onProgress = () => undefined,
    onReserved,
  }: Transfer & { readonly onReserved?: (upload: AssetUpload) => Promise<void> },
): Promise<AssetReference> => {
  if (source.size !== upload.size) throw new FileChanged()
  let current = upload
  for (let attempt = 1; ; attempt++) {
    try {
      const begun = current.asset === undefined ? 'no' : 'maybe'
      const asset = current.asset ?? (await reserve(engine, current))
      current = { ...current, asset }
      await onReserved?.(current)
      await sendBytes(engine, { ...current, asset, begun }, source, onProgress)
      const { key, size, digest } = current
      return { asset, key, size, digest }
    } catch (error) {
      if (isRefusal(error, 'digest-mismatch')) throw new FileChanged()
      if (!isRefusal(error) || error.problem.status !== 404 || attempt === reservationsMax) throw error
      current = reservedAnew(current)
    }
  }
}

const reserve = async (
  { api }: Engine,
  { key, size, digest, class: kept, idempotencyKey }: AssetUpload,
): Promise<AssetId> => {
  const capabilityHash = await sha256((await assetKeysOf(key)).capability)
  return api.assets.reserve(idempotencyKey, { size: sealedSizeOf(size), digest, capabilityHash, class: kept })
}

const sendBytes = async (
  engine: Engine,
  upload: ReservedUpload & Begun,
  source: FileSource,
  onProgress: OnFileProgress,
): Promise<void> => {
  const { size, asset, digest } = upload
  if (sealedSizeOf(size) > atOnceBytesMax) {
    await uploadInPieces(engine, upload, source, onProgress)
    return
  }
  const sealed = piecesOf(sealChunks(await assetKeysOf(upload.key), allChunksOf(size), source.stream()))
  await engine.api.assets.put(asset, await sealed.take(sealedSizeOf(size)), digest)
  onProgress({ bytes: size, size })
}

/** How long it is tried to reach a homeserver that is away. */
const takeBackMsMax = 5_000

/**
 * Of what was reserved or stored and nobody will fetch: its bytes go at once, whatever it was that called off the rest. They
 * may stay where nobody can be asked: what was reserved ends by itself.
 */
export const takeBack = async ({ apiWithin }: Engine, asset: AssetId): Promise<void> => {
  const { assets } = apiWithin(AbortSignal.timeout(takeBackMsMax))
  await assets.delete(randomId(), asset).catch(() => undefined)
}
