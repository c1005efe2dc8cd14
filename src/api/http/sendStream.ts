/** An answer as a stream: never more of it in memory than one piece, and ended when nobody takes it. */
import type { Request, Response } from 'express'
import type { Limits } from '../../limits/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { StreamedReply } from './route.js'

export type SendStreamDependencies = {
  readonly clock: Clock
  readonly limits: Pick<Limits, 'assetStallMsMax'>
}

/**
 * Answers how many bytes went out. Throws what the stream throws before its first byte: then nothing is answered yet.
 * What fails later ends the connection, so that nobody takes a part for the whole.
 */
export const sendStream = async (
  { clock, limits }: SendStreamDependencies,
  request: Request,
  response: Response,
  { status, headers, stream }: StreamedReply,
): Promise<number> => {
  const pieces = stream.bytes()[Symbol.asyncIterator]()
  const first = request.method === 'HEAD' ? undefined : await pieces.next()
  const length = stream.length === undefined ? {} : { 'content-length': String(stream.length) }
  response.status(status).set({ ...headers, ...length })
  let sent = 0
  try {
    for (let step = first; step !== undefined && step.done !== true; step = await pieces.next()) {
      const taken = response.write(step.value) || (await drained(response, clock, limits.assetStallMsMax))
      if (!taken) response.destroy()
      if (response.destroyed) return sent
      sent += step.value.length
    }
    response.end()
    return sent
  } catch (error) {
    response.destroy()
    throw error
  } finally {
    await pieces.return?.()
  }
}

/** False when the other side is gone, or took nothing in its time. */
const drained = async (response: Response, clock: Clock, ms: number): Promise<boolean> => {
  const late = new AbortController()
  const taken = new Promise<boolean>((resolve) => {
    const hear = (was: boolean) => (): void => {
      response.off('drain', yes).off('close', no)
      resolve(was)
    }
    const [yes, no] = [hear(true), hear(false)]
    response.once('drain', yes).once('close', no)
  })
  const result = await Promise.race([taken, clock.sleep(ms, late.signal).then(() => false)])
  late.abort()
  return result
}
