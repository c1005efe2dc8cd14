/** Peers that did not answer: nobody waits for them again and again; one request in each pause finds out whether they are back. */
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { PeerAway, PeerNotAsked } from '../../ports/peers.js'
import { keepNewest } from '../../structures/newest.js'
import { PeerNotFederating, PeerRefused, PeerUnreachable } from '../peers/peerErrors.js'

export type Away = {
  /** Throws PeerAway at once while it is known to be away, and for what `ask` throws of peers: PeerAway, PeerNotAsked. */
  readonly unlessAway: <T>(peer: Domain, ask: () => Promise<T>) => Promise<T>
  /** It was heard of: it is asked again at once. */
  readonly showed: (peer: Domain) => void
}

type Pause = { readonly until: number; readonly ms: number }

const firstPauseMs = 1_000
const pauseMsMax = 30_000
/** A peer that says when to come back is not waited for longer than that. */
const saidMsMax = 60_000
const peersMax = 10_000

const saidMs = (seconds: number): number => Math.min(Math.max(seconds * 1_000, firstPauseMs), saidMsMax)

/** Of what was asked, and of nothing else. */
const notNow = (peer: Domain, { message, retryAfter }: PeerUnreachable): PeerAway =>
  new PeerAway(peer, message, retryAfter === undefined ? firstPauseMs : saidMs(retryAfter))

export const knowAway = (clock: Pick<Clock, 'now'>): Away => {
  const pauses = keepNewest<Domain, Pause>(peersMax)

  const pausedMs = (peer: Domain): number => {
    const pause = pauses.get(peer)
    if (pause === undefined) return 0
    const left = pause.until - clock.now()
    // A clock that leaps back makes no pause longer.
    return left > pause.ms ? 0 : left
  }

  const failed = (peer: Domain, { message, retryAfter }: PeerUnreachable): PeerAway => {
    const before = pauses.get(peer)?.ms
    const own = before === undefined ? firstPauseMs : Math.min(2 * before, pauseMsMax)
    const ms = retryAfter === undefined ? own : saidMs(retryAfter)
    pauses.set(peer, { until: clock.now() + ms, ms })
    return new PeerAway(peer, message, ms)
  }

  return {
    unlessAway: async (peer, ask) => {
      const leftMs = pausedMs(peer)
      if (leftMs > 0) throw new PeerAway(peer, 'it did not answer a moment ago', leftMs)
      const pause = pauses.get(peer)
      // Whoever comes while this one finds out hears that it is away.
      if (pause !== undefined) pauses.set(peer, { ...pause, until: clock.now() + pause.ms })
      try {
        const answer = await ask()
        pauses.delete(peer)
        return answer
      } catch (error) {
        if (error instanceof PeerUnreachable && error.isThere) {
          pauses.delete(peer)
          throw notNow(peer, error)
        }
        if (error instanceof PeerUnreachable) throw failed(peer, error)
        if (error instanceof PeerNotFederating || error instanceof PeerRefused)
          throw new PeerNotAsked(peer, error.message)
        throw error
      }
    },
    showed: (peer) => {
      pauses.delete(peer)
    },
  }
}
