/** The pieces of a large upload, one after another: what breaks off goes on from what the homeserver has. */
import type { Engine } from '../../engine/engine.js'
import { isRefusal, Unreachable } from '../../transport/refused.js'
import { backoffMs, wait } from '../../transport/wait.js'
import { assetKeysOf } from '../sealed/assetKeys.js'
import type { ReservedUpload } from './assetUpload.js'
import { allChunksOf, chunkBytes, sealedChunkBytes, sealedSizeOf } from '../sealed/chunks.js'
import { type FileSource, fromChunk } from './fileSource.js'
import { type Pieces, piecesOf } from '../sealed/pieces.js'
import { sealChunks } from '../sealed/sealChunks.js'
import type { OnFileProgress } from '../transfer.js'

/** A piece is durable or sent again: short ones for slow lines, long ones where they cost little. */
const pieceBytesMin = 131_072
const pieceBytesMax = 4_194_304
const quickMs = 500
const slowMs = 4_000
/** Times in a row that it may break off without getting on. */
const failuresMax = 5

/** Whether the homeserver may have something of it already: `no` where it was reserved a moment ago. */
export type Begun = { readonly begun: 'no' | 'maybe' }

/** Begins with tus's creation, and asks for the offset only of what may have been begun before. */
export const uploadInPieces = async (
  engine: Engine,
  upload: ReservedUpload & Begun,
  source: FileSource,
  onProgress: OnFileProgress,
): Promise<void> => {
  let reached = 0
  let pieceBytes = pieceBytesMin * 4
  let { begun } = upload
  const told = (offset: number): void => {
    reached = offset
    onProgress({ bytes: plainBytesIn(offset, upload.size), size: upload.size })
  }
  for (let failures = 0; ;) {
    const before = reached
    try {
      const isNew = begun === 'no'
      // An answer that is lost leaves it begun.
      begun = 'maybe'
      const offset = isNew ? await create(engine, upload) : await offsetOf(engine, upload)
      // An answer was lost, not its bytes.
      if (offset > reached) told(offset)
      await sendFrom(offset)
      return
    } catch (error) {
      failures = reached > before ? 1 : failures + 1
      if (!isWorthAnotherTry(error) || failures > failuresMax) throw error
      pieceBytes = Math.max(pieceBytesMin, pieceBytes / 4)
      await wait(backoffMs(failures), engine.signal)
    }
  }

  async function sendFrom(start: number): Promise<void> {
    const total = sealedSizeOf(upload.size)
    // Of what was all there already the homeserver has made an end when it was asked how far it is.
    const sealed = await sealedFrom(upload, source, start)
    try {
      for (let offset = start; offset < total;) {
        const began = performance.now()
        const piece = await sealed.take(Math.min(pieceBytes, total - offset))
        offset = await engine.api.assets.append(upload.asset, offset, piece)
        pieceBytes = nextLength(pieceBytes, performance.now() - began)
        told(offset)
      }
    } finally {
      await sealed.close()
    }
  }
}

const nextLength = (pieceBytes: number, tookMs: number): number => {
  if (tookMs < quickMs) return Math.min(pieceBytesMax, pieceBytes * 2)
  return tookMs > slowMs ? Math.max(pieceBytesMin, pieceBytes / 2) : pieceBytes
}

const create = async ({ api }: Engine, { asset, size }: ReservedUpload): Promise<number> => {
  await api.assets.begin(asset, sealedSizeOf(size))
  return 0
}

/** What the homeserver has; an upload that it has nothing of was reserved and not begun. */
const offsetOf = async (engine: Engine, upload: ReservedUpload): Promise<number> => {
  try {
    return await engine.api.assets.offset(upload.asset)
  } catch (error) {
    if (!isRefusal(error) || error.problem.status !== 404) throw error
    return create(engine, upload)
  }
}

/** The encrypted bytes from any of them on: its chunk is encrypted anew, to the same bytes. */
const sealedFrom = async ({ key, size }: ReservedUpload, source: FileSource, start: number): Promise<Pieces> => {
  const from = Math.floor(start / sealedChunkBytes)
  const sealed = sealChunks(await assetKeysOf(key), { ...allChunksOf(size), from }, fromChunk(source, from))
  const pieces = piecesOf(sealed)
  await pieces.take(start % sealedChunkBytes)
  return pieces
}

const plainBytesIn = (offset: number, size: number): number =>
  Math.min(size, Math.floor((offset / sealedChunkBytes) * chunkBytes))

/** Nobody answered, or the offset was another one (409): an answer was lost, or another process took over. */
const isWorthAnotherTry = (error: unknown): boolean =>
  error instanceof Unreachable || (isRefusal(error) && [408, 409, 423, 460].includes(error.problem.status))
