/** The encrypted bytes of a download, over as many connections as it takes. */
import { Refused, Unreachable } from '../../transport/refused.js'
import { backoffMs, reasonOf, wait, within } from '../../transport/wait.js'
import { Damaged } from '../sealed/damaged.js'

export type SealedRange = {
  readonly from: number
  readonly to: number
  /** How many there are in all. */
  readonly whole: number
  readonly signal: AbortSignal
  readonly onPiece: (piece: Uint8Array) => void
}

/** Asks for what is left, from `at` on; `etag` of the answer before. */
type Open = (etag: string | undefined, at: number) => Promise<Response>

/** Times in a row that it may break off without a byte. */
const failuresMax = 5
/** A connection that brings nothing for so long is given up for another. */
const silenceMsMax = 30_000

export async function* sealedBytes(
  open: Open,
  { from, to, whole, signal, onPiece }: SealedRange,
): AsyncGenerator<Uint8Array> {
  let etag: string | undefined
  let at = from
  for (let failures = 0; at < to;) {
    const before = at
    try {
      const response = await open(etag, at)
      expectRange(response, { from: at, to, whole })
      etag = response.headers.get('etag') ?? undefined
      for await (const piece of bodyOf(response, signal)) {
        if (at + piece.length > to) throw new Damaged('it is longer than it was')
        at += piece.length
        onPiece(piece)
        yield piece
      }
      if (at < to) throw new Unreachable(response.url, new Error('the connection ended early'))
    } catch (error) {
      if (signal.aborted) throw reasonOf(signal)
      failures = at > before ? 1 : failures + 1
      if (error instanceof Refused || error instanceof Damaged) throw error
      if (failures > failuresMax) throw error instanceof Unreachable ? error : new Unreachable('the homeserver', error)
      await wait(backoffMs(failures), signal)
    }
  }
}

/** Another length than the message says is refused before its bytes are taken. */
const expectRange = (
  { status, headers }: Response,
  { from, to, whole }: Pick<SealedRange, 'from' | 'to' | 'whole'>,
): void => {
  if (status === 206) {
    const said = headers.get('content-range')
    if (said !== `bytes ${from}-${to - 1}/${whole}`) throw new Damaged(`the homeserver has ${said ?? 'no such range'}`)
    return
  }
  if (from > 0 || to < whole) throw new Damaged('the homeserver has other bytes than before')
  const length = headers.get('content-length')
  if (length !== null && Number(length) !== whole) throw new Damaged(`${length} bytes instead of ${whole}`)
}

async function* bodyOf({ body, url }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  try {
    for (;;) {
      const { done, value } = await withoutSilence(reader.read(), url, signal)
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

const withoutSilence = async <T>(reading: Promise<T>, url: string, signal: AbortSignal): Promise<T> => {
  const silent = new AbortController()
  const timer = setTimeout(() => {
    silent.abort(new Unreachable(url, new Error(`nothing came for ${silenceMsMax} ms`)))
  }, silenceMsMax)
  try {
    return await within(AbortSignal.any([silent.signal, signal]), reading)
  } finally {
    clearTimeout(timer)
  }
}
