/**
 * Signals to other servers: a short line in memory for each, one request under way to it, and whatever does not fit, or meets a
 * server that is slow or away, is dropped. Nobody waits for any of it.
 */
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import { keepNewest } from '../../structures/newest.js'
import type { PostSignals } from '../peers/signals.js'
import type { Trust } from '../peers/trust.js'
import { signalsMax } from '../wire/limits.js'

/** Now or never: it neither waits nor throws. */
export type TellServers = (servers: readonly Domain[], signal: Uint8Array) => void

export type TellServersDependencies = {
  readonly post: PostSignals
  readonly trust: Pick<Trust, 'standingOf'>
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly logger: Pick<Logger, 'debug'>
  /** Ends what is under way. */
  readonly signal: AbortSignal
}

/** Signals that wait for one server. */
export const waitingMax = 200
/** Bytes of signals that wait for all of them together. */
export const waitingBytesMax = 4 * 1024 * 1024
/** Behind each request: what comes meanwhile goes with the next one. Messages need the others that a server takes of us. */
export const paceMs = 100
/** The same to one that has few requests for us, as it does not know us yet. */
export const newcomersPaceMs = 2_000
/** A server that did not take them is told nothing for so long, and twice as long each time. */
const firstQuietMs = 1_000
const quietMsMax = 60_000
const quietPeersMax = 10_000

type Quiet = { readonly until: number; readonly ms: number }

export const tellServers = (deps: TellServersDependencies): TellServers => {
  const { post, trust, clock, logger, signal: ending } = deps
  const lines = new Map<Domain, Uint8Array[]>()
  const quiets = keepNewest<Domain, Quiet>(quietPeersMax)
  let bytesWaiting = 0

  const take = (line: Uint8Array[], count: number): readonly Uint8Array[] => {
    const taken = line.splice(0, count)
    for (const { length } of taken) bytesWaiting -= length
    return taken
  }

  /** A clock that leaps back makes no quiet longer. */
  const isQuiet = (peer: Domain): boolean => {
    const quiet = quiets.get(peer)
    const left = quiet === undefined ? 0 : quiet.until - clock.now()
    return quiet !== undefined && left > 0 && left <= quiet.ms
  }

  const failed = (peer: Domain, line: Uint8Array[], error: unknown): void => {
    take(line, line.length)
    const ms = Math.min(2 * (quiets.get(peer)?.ms ?? firstQuietMs / 2), quietMsMax)
    quiets.set(peer, { until: clock.now() + ms, ms })
    logger.debug('signals not told to another server', { peer, error: String(error) })
  }

  const tell = async (peer: Domain, line: Uint8Array[]): Promise<void> => {
    try {
      while (line.length > 0 && !ending.aborted) {
        const { isKnown } = await trust.standingOf(peer)
        await post(peer, take(line, signalsMax))
        quiets.delete(peer)
        await clock.sleep(isKnown ? paceMs : newcomersPaceMs, ending)
      }
    } catch (error) {
      failed(peer, line, error)
    } finally {
      take(line, line.length)
      lines.delete(peer)
    }
  }

  const tellOne = (peer: Domain, signal: Uint8Array): void => {
    const line = lines.get(peer)
    if ((line?.length ?? 0) >= waitingMax || bytesWaiting + signal.length > waitingBytesMax || isQuiet(peer)) return
    bytesWaiting += signal.length
    if (line !== undefined) {
      line.push(signal)
      return
    }
    const first = [signal]
    lines.set(peer, first)
    void tell(peer, first)
  }

  return (servers, signal) => {
    for (const peer of servers) tellOne(peer, signal)
  }
}
