/** Time in which the server could be used: what it was down is nobody's neglect. */
import { serverAggregate } from '../commands/server/server.js'
import { serverStream } from '../events/server.js'
import type { Span } from '../events/server.js'
import type { Streams } from '../streams/streams.js'

/** Since when, ms, the server was up for `ms` in all, as its log tells. */
export const servedFor = async (streams: Pick<Streams, 'read'>, ms: number, now: number): Promise<number> => {
  const { state } = await streams.read(serverAggregate, serverStream)
  return servedSince(now, ms, state.status === 'new' ? [] : state.downtimes)
}

/** `downtimes`: oldest first. */
export const servedSince = (now: number, ms: number, downtimes: readonly Span[]): number => {
  let left = ms
  let end = now
  for (const { from, until } of downtimes.toReversed()) {
    const upMs = end - until
    if (upMs >= left) break
    left -= Math.max(0, upMs)
    end = Math.min(end, from)
  }
  return end - left
}
