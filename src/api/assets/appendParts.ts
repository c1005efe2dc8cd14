/** A stream of any length cut into parts while it comes, each durable before more is read: memory holds one part. */
import { createHash } from 'node:crypto'
import type { Reserved } from '../../commands/asset/asset.js'
import type { Limits } from '../../limits/limits.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import type { Clock } from '../../ports/clock.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { BrokenOff, inTime, Stopped, TooSlow } from './inTime.js'
import { sizeOf } from './storedBytes.js'

export type Append = {
  readonly offset: number
  readonly stream: AsyncIterable<Uint8Array>
  /** So many bytes may come at most; at least those up to the reserved size are too many behind it. */
  readonly max?: number
  /** Aborts when nothing more may be written. */
  readonly signal: AbortSignal
  /** What came before the stream broke off is kept, to go on from. */
  readonly keepRest: boolean
}

export type Appended = {
  /** Of the bytes that are durable: where the next append goes on. */
  readonly offset: number
  /** SHA-256 of all of them, base64url, where this append began at 0. */
  readonly digest: string | undefined
  /** Why it ended before the stream did. */
  readonly refused: Rejected | undefined
}

export type AppendDependencies = {
  readonly bytes: Pick<AssetBytes, 'write' | 'parts'>
  readonly clock: Clock
  readonly limits: Pick<Limits, 'assetPartBytesMax' | 'assetPartsMax' | 'assetStallMsMax' | 'assetBytesPerSecondMin'>
  /** Told of what was made durable. */
  readonly written: (bytes: number) => void
}

export const appendParts = async (
  { bytes, clock, limits, written }: AppendDependencies,
  { asset, size }: Reserved,
  { offset, stream, max = Infinity, signal, keepRest }: Append,
): Promise<Appended> => {
  const there = await bytes.parts(asset)
  const current = sizeOf(there)
  if (offset !== current) return { offset: current, digest: undefined, refused: wrongOffset(current) }
  const end = Math.min(size, offset + max)
  const hash = offset === 0 ? createHash('sha256') : undefined
  const part = Buffer.allocUnsafeSlow(Math.min(limits.assetPartBytesMax, end - offset))
  let [durable, filled, count] = [offset, 0, there.length]

  /** Undefined once it is durable. */
  const flush = async (): Promise<Rejected | undefined> => {
    if (filled === 0) return undefined
    if (count >= limits.assetPartsMax) return tooManyParts(limits.assetPartsMax)
    await bytes.write(asset, durable, part.subarray(0, filled))
    written(filled)
    ;[durable, filled, count] = [durable + filled, 0, count + 1]
    return undefined
  }

  /** Undefined once all of it is in the part, or durable. */
  const take = async (chunk: Uint8Array): Promise<Rejected | undefined> => {
    if (durable + filled + chunk.length > end) return reject({ code: 'too-large', max: end - offset })
    hash?.update(chunk)
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + part.length - filled)
      part.set(piece, filled)
      filled += piece.length
      at += piece.length
      const refused = filled === part.length ? await flush() : undefined
      if (refused !== undefined) return refused
    }
    return undefined
  }

  const takeAll = async (): Promise<Rejected | undefined> => {
    try {
      for await (const chunk of inTime(stream, limits, clock, signal)) {
        const refused = await take(chunk)
        if (refused !== undefined) return refused
      }
      return undefined
    } catch (error) {
      const refused = brokenBy(error, limits.assetBytesPerSecondMin)
      if (refused === undefined) throw error
      return refused
    }
  }

  const broken = await takeAll()
  const rest = broken === undefined || (keepRest && !signal.aborted) ? await flush() : undefined
  const refused = broken ?? rest
  return { offset: durable, digest: refused === undefined ? hash?.digest('base64url') : undefined, refused }
}

const wrongOffset = (current: number): Rejected => reject({ code: 'version-mismatch', current })
const tooManyParts = (max: number): Rejected => reject({ code: 'limit-reached', limit: 'assetPartsMax', max })

/** Undefined: it is not the stream that failed. Of what was cut nobody is there to hear. */
const brokenBy = (error: unknown, bytesPerSecondMin: number): Rejected | undefined => {
  if (error instanceof TooSlow) return reject({ code: 'upload-too-slow', bytesPerSecondMin })
  if (error instanceof Stopped) return reject({ code: 'upload-under-way' })
  return error instanceof BrokenOff ? reject({ code: 'malformed', detail: 'the body broke off' }) : undefined
}
