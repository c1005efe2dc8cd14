/**
 * The root certificates of servers, by which their clients are believed: pinned at first sight, on the word of the own homeserver,
 * and changed only for one that the pinned one signed.
 */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { rootFingerprint, statementsTo } from '../../mls/group/rootStatement.js'
import { parseDomain, type Domain } from '../../mls/wire/ids.js'
import type { OfferedRoot } from '../api/account.js'
import type { Saver } from '../engine/saver.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import { isRefusal } from '../transport/refused.js'
import { checkAnswered, hash } from './webCrypto.js'

export type PinnedRoots = {
  /** DER; asked for at first sight. Undefined of a domain that the own server does not speak to. Throws where nobody answers. */
  readonly of: (domain: Domain) => Promise<Uint8Array | undefined>
  /** Asked for again, as something was not signed under the pinned one: whether another is pinned now, which that one signed. */
  readonly renew: (domain: Domain) => Promise<boolean>
}

export type PinnedRootsDependencies = {
  readonly store: Store
  readonly saver: Pick<Saver, 'put'>
  /** Those that are not to be asked for: the own server's, and what the application knows. */
  readonly known: { readonly [domain: string]: Uint8Array }
  readonly ask: (domain: Domain) => Promise<OfferedRoot>
  readonly now: () => number
  /** Another root than the pinned one, which did not sign it. */
  readonly onMismatch: (domain: Domain, roots: { readonly pinned: Uint8Array; readonly offered: Uint8Array }) => void
}

const prefix = 'root/'
/** What was the pinned one a minute ago is not asked for again. */
const renewMs = 60_000

export const loadPinnedRoots = async (deps: PinnedRootsDependencies): Promise<PinnedRoots> => {
  const pinned = await loadPins(deps.store)
  const asking = new Map<Domain, Promise<Uint8Array | undefined>>()
  const renewed = new Map<Domain, number>()
  const known = new Map(Object.entries(deps.known))

  const pin = (domain: Domain, root: Uint8Array): Uint8Array => {
    pinned.set(domain, root)
    deps.saver.put(prefix + domain, () => encodeRecord({ root }))
    return root
  }

  const ask = async (domain: Domain): Promise<OfferedRoot | undefined> => {
    try {
      return await deps.ask(domain)
    } catch (error) {
      if (isRefusal(error, 'peer-not-federating')) return undefined
      throw error
    }
  }

  const firstSight = async (domain: Domain): Promise<Uint8Array | undefined> => {
    const offered = await ask(domain)
    renewed.set(domain, deps.now())
    // Somebody else may have pinned one meanwhile.
    return pinned.get(domain) ?? (offered === undefined ? undefined : pin(domain, offered.root))
  }

  const once = (domain: Domain): Promise<Uint8Array | undefined> => {
    const under = asking.get(domain) ?? firstSight(domain).finally(() => asking.delete(domain))
    asking.set(domain, under)
    return under
  }

  return {
    of: async (domain) => known.get(domain) ?? pinned.get(domain) ?? once(domain),
    renew: async (domain) => {
      const before = pinned.get(domain)
      if (before === undefined || deps.now() - (renewed.get(domain) ?? -Infinity) < renewMs) return false
      renewed.set(domain, deps.now())
      const offered = await ask(domain)
      if (offered === undefined || equalBytes(offered.root, before)) return false
      if (await leadsTo(domain, before, offered)) {
        pin(domain, offered.root)
        return true
      }
      deps.onMismatch(domain, { pinned: before, offered: offered.root })
      return false
    },
  }
}

const leadsTo = (domain: Domain, pinned: Uint8Array, { root, statements }: OfferedRoot): Promise<boolean> =>
  checkAnswered((crypto) => {
    const way = { pinned: toBase64url(pinned), wanted: toBase64url(root) }
    return statementsTo(domain, way, statements, crypto) !== undefined
  })

/** As people compare it, and as operators see it: SHA-256 of the certificate, base64url. */
export const fingerprintOf = (root: Uint8Array): string => rootFingerprint(root, { hash })

const loadPins = async (store: Store): Promise<Map<Domain, Uint8Array>> => {
  const pins = new Map<Domain, Uint8Array>()
  for (const key of await store.keys(prefix)) {
    const domain = parseDomain(key.slice(prefix.length))
    const bytes = await store.get(key)
    if (domain !== undefined && bytes !== undefined)
      pins.set(domain, (decodeRecord(bytes) as { readonly root: Uint8Array }).root)
  }
  return pins
}
