/** Tells of a peer that did not answer, and now has: whatever else waits for it need not wait on. */
import type { Domain } from '../../mls/wire/ids.js'
import { keepNewest } from '../../structures/newest.js'
import type { Peers } from './client.js'
import { PeerUnreachable } from './peerErrors.js'

const silentMax = 10_000

/** `showed`: once for each time that it was away. One that is there and does not do a thing now was not. */
export const tellSeenAgain = ({ ask }: Peers, showed: (peer: Domain) => void): Peers => {
  const silent = keepNewest<Domain, true>(silentMax)
  return {
    ask: async (peer, request) => {
      try {
        const answer = await ask(peer, request)
        if (silent.has(peer)) {
          silent.delete(peer)
          showed(peer)
        }
        return answer
      } catch (error) {
        if (error instanceof PeerUnreachable && !error.isThere) silent.set(peer, true)
        throw error
      }
    },
  }
}
