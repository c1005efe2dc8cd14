/** The root of another domain as our clients are told it: the one that is pinned here, and what leads from older ones to it. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import { PeerAway, PeerNotAsked } from '../../ports/peers.js'
import type { OtherServers } from '../../ports/peers.js'
import { PeerNotFederating, PeerRefused, PeerUnreachable } from '../peers/peerErrors.js'
import type { ForeignRoots } from '../peers/roots.js'
import type { Trust } from '../peers/trust.js'

export type RootForClientsDependencies = {
  readonly roots: Pick<ForeignRoots, 'pinned' | 'admit'>
  readonly trust: Pick<Trust, 'directoryOf' | 'standingOf'>
}

type Offered = Awaited<ReturnType<OtherServers['rootOf']>>

const againMs = 5_000

/** Throws PeerAway where it was never met and cannot be now, PeerNotAsked where it is not spoken to. */
export const rootForClients =
  ({ roots, trust }: RootForClientsDependencies): OtherServers['rootOf'] =>
  async (domain) => {
    const refused = await roots.admit([domain])
    if (refused?.rejected.code === 'peer-unreachable') throw new PeerAway(domain, 'it was never met', againMs)
    if (refused !== undefined) throw new PeerNotAsked(domain, 'it is not spoken to')
    const directory = await directoryNow(trust, domain)
    if (directory !== undefined) return directory
    const [pinned] = await roots.pinned(domain)
    if (pinned === undefined) throw new PeerAway(domain, 'its root is not pinned', againMs)
    return { root: toBase64url(pinned), statements: [] }
  }

/** Undefined where it cannot be asked now, or shows a root that is not believed. */
const directoryNow = async (
  { directoryOf }: Pick<Trust, 'directoryOf'>,
  domain: Domain,
): Promise<Offered | undefined> => {
  try {
    const { root, rootStatements } = await directoryOf(domain)
    return { root, statements: rootStatements }
  } catch (error) {
    if (error instanceof PeerUnreachable || error instanceof PeerNotFederating || error instanceof PeerRefused)
      return undefined
    throw error
  }
}
