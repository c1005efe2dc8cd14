/**
 * The root certificates of servers, by which their clients are believed: pinned at first sight, on the word of the own homeserver,
 * and changed only for one that the pinned one signed.
 */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { rootFingerprint, statementsTo } from '../../mls/group/rootStatement.js'
import { parseDomain, type Domain } from '../../mls/wire/ids.js'
import type { OfferedRoot } from '../api/account.js'
import type { Saver } from '../engine/saver.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import { keepNewest } from '../../structures/newest.js'
import { isRefusal } from '../transport/refused.js'
import { checkAnswered, hash } from './webCrypto.js'

export type PinnedRoots = {
  /** DER; asked for at first sight. Undefined of a domain that the own server does not speak to. Throws where nobody answers. */
  readonly of: (domain: Domain) => Promise<Uint8Array | undefined>
  /** Those that led to that one by their word. */
  readonly former: (domain: Domain) => readonly Uint8Array[]
  /**
   * Asked for again, as something was not signed under `tried` (the pinned one unless told): whether another is pinned now, which that
   * one signed. Throws where nobody answers.
   */
  readonly renew: (domain: Domain, tried?: Uint8Array) => Promise<boolean>
  /**
   * Whether somebody of a domain names a root that is pinned, or was, by its fingerprint. Another one is asked for again, and told as a
   * mismatch, once. True of a domain that the own server does not speak to. Throws where nobody answers.
   */
  readonly isKnown: (domain: Domain, fingerprint: string) => Promise<boolean>
}

export type PinnedRootsDependencies = {
  readonly store: Store
  readonly saver: Pick<Saver, 'put'>
  /** Those that are not to be asked for: the own server's, and what the application knows. */
  readonly known: { readonly [domain: string]: Uint8Array }
  /** The own server’s, whose root may follow another as those of others do. */
  readonly own?: Domain
  /** Those that led to it when the account was made. */
  readonly formerOfOwn?: readonly Uint8Array[]
  readonly ask: (domain: Domain) => Promise<OfferedRoot>
  readonly now: () => number
  /** Another root than the pinned one, which did not sign it: fingerprints. */
  readonly onMismatch: (domain: Domain, roots: { readonly pinned: string; readonly offered: string }) => void
}

const prefix = 'root/'
/** What was the pinned one a minute ago is not asked for again. */
const renewMs = 60_000
const toldMax = 1_000

export const loadPinnedRoots = async (deps: PinnedRootsDependencies): Promise<PinnedRoots> => {
  const pinned = await loadPins(deps.store)
  const asking = new Map<Domain, Promise<Uint8Array | undefined>>()
  const renewing = new Map<Domain, Promise<boolean>>()
  const renewed = new Map<Domain, number>()
  const known = new Map(Object.entries(deps.known))

  const pin = (domain: Domain, root: Uint8Array, former: readonly Uint8Array[] = []): Uint8Array => {
    pinned.set(domain, { root, former })
    deps.saver.put(prefix + domain, () => encodeRecord({ root, former }))
    return root
  }

  /** What was followed from what is known by itself; where that has become another, that one counts. */
  const followed = (domain: Domain): Pinned | undefined => {
    const [pin, first] = [pinned.get(domain), known.get(domain)]
    const leads = first === undefined || [pin?.root, ...(pin?.former ?? [])].some((one) => isSame(one, first))
    return leads ? pin : undefined
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
    const former = offered === undefined ? [] : await formerOf(domain, offered)
    // Somebody else may have pinned one meanwhile.
    return pinned.get(domain)?.root ?? (offered === undefined ? undefined : pin(domain, offered.root, former))
  }

  const once = (domain: Domain): Promise<Uint8Array | undefined> => {
    const under = asking.get(domain) ?? firstSight(domain).finally(() => asking.delete(domain))
    asking.set(domain, under)
    return under
  }

  const renewFrom = async (domain: Domain, before: Uint8Array): Promise<boolean> => {
    const offered = await ask(domain)
    renewed.set(domain, deps.now())
    if (offered === undefined || equalBytes(offered.root, before)) return false
    if (await leadsTo(domain, before, offered)) {
      pin(domain, offered.root, [before, ...(followed(domain)?.former ?? [])])
      return true
    }
    deps.onMismatch(domain, { pinned: fingerprintOf(before), offered: fingerprintOf(offered.root) })
    return false
  }

  const of: PinnedRoots['of'] = async (domain) => followed(domain)?.root ?? known.get(domain) ?? once(domain)
  const former: PinnedRoots['former'] = (domain) => [
    ...(followed(domain)?.former ?? []),
    ...(domain === deps.own ? (deps.formerOfOwn ?? []) : []),
  ]
  const renew: PinnedRoots['renew'] = async (domain, tried) => {
    const before = followed(domain)?.root ?? (domain === deps.own ? known.get(domain) : undefined)
    if (before === undefined) return false
    // Leaves of one tree are verified side by side: the others' asking may have pinned another one since.
    if (tried !== undefined && !equalBytes(tried, before)) return true
    const underWay = renewing.get(domain)
    if (underWay !== undefined) return underWay
    if (deps.now() - (renewed.get(domain) ?? -Infinity) < renewMs) return false
    const asked = renewFrom(domain, before).finally(() => renewing.delete(domain))
    renewing.set(domain, asked)
    return asked
  }

  const told = keepNewest<string, true>(toldMax)

  return {
    of,
    former,
    isKnown: async (domain, fingerprint) => {
      const pinnedNow = async (): Promise<readonly string[]> => {
        const root = await of(domain)
        return root === undefined ? [] : [root, ...former(domain)].map(fingerprintOf)
      }
      const before = await pinnedNow()
      if (before.length === 0 || before.includes(fingerprint)) return true
      if ((await renew(domain)) && (await pinnedNow()).includes(fingerprint)) return true
      const [pinned = ''] = await pinnedNow()
      const mismatch = `${domain} ${fingerprint}`
      if (!told.has(mismatch)) deps.onMismatch(domain, { pinned, offered: fingerprint })
      told.set(mismatch, true)
      return false
    },
    renew,
  }
}

export const leadsTo = (domain: Domain, pinned: Uint8Array, { root, statements }: OfferedRoot): Promise<boolean> =>
  checkAnswered((crypto) => {
    const way = { pinned: toBase64url(pinned), wanted: toBase64url(root) }
    return statementsTo(domain, way, statements, crypto) !== undefined
  })

/**
 * At first sight alone, when all is taken on the word of who is asked: roots whose own word leads to the one that is offered. Later
 * that would let somebody put another before it.
 */
export const formerOf = async (domain: Domain, offered: OfferedRoot): Promise<readonly Uint8Array[]> => {
  const found: Uint8Array[] = []
  for (const { from } of offered.statements) {
    const root = fromBase64url(from)
    if (root !== undefined && !equalBytes(root, offered.root) && (await leadsTo(domain, root, offered)))
      found.push(root)
  }
  return found
}

/** As people compare it, and as operators see it: SHA-256 of the certificate, base64url. */
export const fingerprintOf = (root: Uint8Array): string => rootFingerprint(root, { hash })

type Pinned = { readonly root: Uint8Array; readonly former: readonly Uint8Array[] }

const isSame = (one: Uint8Array | undefined, other: Uint8Array): boolean => one !== undefined && equalBytes(one, other)

const loadPins = async (store: Store): Promise<Map<Domain, Pinned>> => {
  const pins = new Map<Domain, Pinned>()
  for (const key of await store.keys(prefix)) {
    const domain = parseDomain(key.slice(prefix.length))
    const bytes = await store.get(key)
    if (domain !== undefined && bytes !== undefined)
      pins.set(domain, { former: [], ...(decodeRecord(bytes) as Pick<Pinned, 'root'> & Partial<Pinned>) })
  }
  return pins
}
