/** What other domains revoked, as our clients and our groups are told it: verified, kept for some seconds, and for a day where that server is away. */
import { nodeCrypto } from '../../mls/crypto/nodeCrypto.js'
import { areRevocationsOf } from '../../mls/group/revocationList.js'
import type { SignedRevocations } from '../../mls/group/revocationList.js'
import type { Clock } from '../../ports/clock.js'
import { PeerAway, PeerNotAsked } from '../../ports/peers.js'
import type { OtherServers, RevocationsAsked } from '../../ports/peers.js'
import { keepNewest } from '../../structures/newest.js'
import type { Peers } from '../peers/client.js'
import { PeerUnreachable } from '../peers/peerErrors.js'
import { askRevocations } from '../peers/revocations.js'
import type { ForeignRoots } from '../peers/roots.js'
import type { Away } from './away.js'

export type RevocationsElsewhereDependencies = {
  readonly peers: Peers
  readonly away: Pick<Away, 'unlessAway'>
  readonly roots: Pick<ForeignRoots, 'pinned'>
  readonly clock: Pick<Clock, 'now'>
}

type Kept = { readonly list: SignedRevocations; readonly at: number }

const pagesMax = 1_000
const freshMs = 5_000
const staleMs = 24 * 60 * 60 * 1_000

export const revocationsElsewhere = ({
  peers,
  away,
  roots,
  clock,
}: RevocationsElsewhereDependencies): OtherServers['revocationsOf'] => {
  const kept = keepNewest<string, Kept>(pagesMax)

  const ask = async (asked: RevocationsAsked): ReturnType<OtherServers['revocationsOf']> => {
    const list = await askRevocations(peers, asked)
    if (list === undefined || list === 'expired') return list
    // Its root is pinned once it has answered.
    if (!areRevocationsOf(asked.domain, list, await roots.pinned(asked.domain), nodeCrypto))
      throw new PeerUnreachable(asked.domain, 'its list of revocations is not signed by it', undefined, true)
    kept.set(nameOf(asked), { list, at: clock.now() })
    return list
  }

  const keptWithin = (asked: RevocationsAsked, ms: number): SignedRevocations | undefined => {
    const page = kept.get(nameOf(asked))
    return page !== undefined && Math.abs(clock.now() - page.at) < ms ? page.list : undefined
  }

  return async (asked) => {
    const fresh = keptWithin(asked, freshMs)
    if (fresh !== undefined) return fresh
    try {
      return await away.unlessAway(asked.domain, () => ask(asked))
    } catch (error) {
      const stale = error instanceof PeerAway ? keptWithin(asked, staleMs) : undefined
      if (stale !== undefined) return stale
      if (error instanceof PeerNotAsked) return undefined
      throw error
    }
  }
}

const nameOf = ({ domain, cursor }: RevocationsAsked): string => `${domain} ${cursor}`
