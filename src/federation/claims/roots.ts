/** The roots that requests of clients are held against: our own, and those that are pinned for other domains. */
import type { Domain } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { ForeignRoots } from '../peers/roots.js'

export type RootsDependencies = {
  readonly domain: Domain
  /** Ours as it is now, DER. */
  readonly root: () => Uint8Array
  readonly roots: Pick<ForeignRoots, 'pinned' | 'meet'>
}

/** The root certificate that is believed of a domain, DER, or why there is none. */
export type RootOf = (domain: Domain) => Promise<Uint8Array | Rejected>

export const rootsOf =
  ({ domain, root, roots }: RootsDependencies): RootOf =>
  async (of) => {
    if (of === domain) return root()
    const unknown = await roots.meet(of)
    if (unknown !== undefined) return unknown
    const [pinned] = await roots.pinned(of)
    return pinned ?? reject({ code: 'peer-unreachable', domains: [of] })
  }
