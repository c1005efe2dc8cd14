/** The roots that requests of clients are held against: our own, and those that are pinned for other domains. */
import type { Domain } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { ForeignRoots } from '../peers/roots.js'

export type RootsDependencies = {
  readonly domain: Domain
  /** Ours, DER: the one that is now, and those before it. */
  readonly own: () => readonly Uint8Array[]
  readonly roots: Pick<ForeignRoots, 'pinned' | 'meet'>
}

/** The root certificates that are believed of a domain, DER, or why there are none. */
export type RootsOf = (domain: Domain) => Promise<readonly Uint8Array[] | Rejected>

export const rootsOf =
  ({ domain, own, roots }: RootsDependencies): RootsOf =>
  async (of) => {
    if (of === domain) return own()
    const unknown = await roots.meet(of)
    if (unknown !== undefined) return unknown
    const pinned = await roots.pinned(of)
    return pinned.length > 0 ? pinned : reject({ code: 'peer-unreachable', domains: [of] })
  }
