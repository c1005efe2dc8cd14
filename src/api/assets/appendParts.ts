/** A stream of any length, made durable part by part while it comes, and its digest counted on the way. */
import { createHash } from 'node:crypto'
import type { Reserved } from '../../commands/asset/asset.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import type { Clock } from '../../ports/clock.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { BrokenOff, inTime, Stopped, TooSlow } from './inTime.js'
import type { Pace } from './inTime.js'
import { writeParts } from './partWriter.js'
import type { PartWriterDependencies } from './partWriter.js'
import { sizeOf } from './storedBytes.js'
import { isLost } from './uploadLocks.js'

export type Append = {
  readonly offset: number
  readonly stream: AsyncIterable<Uint8Array>
  /** So many bytes may come at most; at least those up to the reserved size are too many behind it. */
  readonly max?: number
  /** Aborts when nothing more is to be read; nothing more may be written either where it is lost. */
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

export type AppendDependencies = PartWriterDependencies & {
  readonly bytes: Pick<AssetBytes, 'parts'>
  readonly clock: Clock
  readonly limits: Pace
}

export const appendParts = async (
  deps: AppendDependencies,
  { asset, size }: Reserved,
  { offset, stream, max = Infinity, signal, keepRest }: Append,
): Promise<Appended> => {
  const { bytes, clock, limits } = deps
  const there = await bytes.parts(asset)
  const current = sizeOf(there)
  if (offset !== current) return { offset: current, digest: undefined, refused: wrongOffset(current) }
  const parts = writeParts(deps, { asset, offset, end: Math.min(size, offset + max), partsThere: there.length })
  const hash = offset === 0 ? createHash('sha256') : undefined

  const takeAll = async (): Promise<Rejected | undefined> => {
    try {
      for await (const chunk of inTime(stream, limits, clock, signal)) {
        const refused = await parts.take(chunk)
        if (refused !== undefined) return refused
        hash?.update(chunk)
      }
      return undefined
    } catch (error) {
      const refused = brokenBy(error, limits.assetBytesPerSecondMin)
      if (refused === undefined) throw error
      return refused
    }
  }

  try {
    const broken = await takeAll()
    const rest = broken === undefined || (keepRest && !isLost(signal)) ? await parts.flush() : undefined
    const durable = await parts.settled()
    const refused = broken ?? rest
    return { offset: durable, digest: refused === undefined ? hash?.digest('base64url') : undefined, refused }
  } finally {
    // Whoever comes next writes in the same place, or removes it all.
    await parts.settled().catch(() => undefined)
  }
}

const wrongOffset = (current: number): Rejected => reject({ code: 'version-mismatch', current })

/** Undefined: it is not the stream that failed. Of what was cut nobody is there to hear. */
const brokenBy = (error: unknown, bytesPerSecondMin: number): Rejected | undefined => {
  if (error instanceof TooSlow) return reject({ code: 'upload-too-slow', bytesPerSecondMin })
  if (error instanceof Stopped) return reject({ code: 'upload-under-way' })
  return error instanceof BrokenOff ? reject({ code: 'malformed', detail: 'the body broke off' }) : undefined
}
