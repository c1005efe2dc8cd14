/** Revoked certificates by the domain that issued them: the own server's by its list, others' by lists that they signed. */
import { attempt } from '../../mls/bytes/refusal.js'
import { areRevocationsOf, type SignedRevocations } from '../../mls/group/revocationList.js'
import { readChain } from '../../mls/group/verifyChain.js'
import type { Domain } from '../../mls/wire/ids.js'
import { keepNewest } from '../../structures/newest.js'
import type { RevocationPage } from '../api/account.js'
import { isRefusal } from '../transport/refused.js'
import type { PinnedRoots } from './pinnedRoots.js'
import { type IsRevoked, revocationsBy } from './revocations.js'
import { Untrusted } from './untrusted.js'
import { checkAnswered } from './webCrypto.js'

export type RevocationsDependencies = {
  readonly own: Domain
  readonly readOwn: (cursor: string | undefined) => Promise<RevocationPage>
  /** As the own server passes it on. */
  readonly readOf: (domain: Domain, cursor: string) => Promise<SignedRevocations>
  readonly roots: Pick<PinnedRoots, 'of' | 'former'>
  readonly now: () => number
}

const domainsMax = 1_000
/** The own server keeps a list for so long while the other one is away; clocks differ by some minutes. */
const agedMsMax = 24 * 60 * 60 * 1_000 + 10 * 60 * 1_000

/**
 * Another domain's list counts for its own certificates alone. Where its server is away, or has no list, what is known of it counts; one
 * that it did not sign, or that is old, throws Untrusted.
 */
export const revocationsOfDomains = ({ own, readOwn, readOf, roots, now }: RevocationsDependencies): IsRevoked => {
  const isRevokedHere = revocationsBy(readOwn, now)
  const lists = keepNewest<Domain, IsRevoked>(domainsMax)

  const pageOf = async (domain: Domain, cursor: string): Promise<RevocationPage> => {
    const page = await readOf(domain, cursor)
    const root = await roots.of(domain)
    const pinned = root === undefined ? [] : [root, ...roots.former(domain)]
    const isSigned = await checkAnswered((crypto) => areRevocationsOf(domain, page, pinned, crypto))
    if (!isSigned || page.cursor !== cursor || Math.abs(now() - page.time) > agedMsMax)
      throw new Untrusted(`the revocations of ${domain} are not what it signed`)
    const { revoked, next } = page
    return { revoked, ...(next === undefined ? {} : { next }) }
  }

  const listOf = (domain: Domain): IsRevoked => {
    const known = lists.get(domain)
    if (known !== undefined) return known
    const list = revocationsBy((cursor = '') => pageOf(domain, cursor), now, isAway)
    lists.set(domain, list)
    return list
  }

  return (certificates) => {
    const read = attempt(() => readChain({ type: 'x509', certificates }))
    const domain = read.ok ? read.value.identity.domain : own
    return domain === own ? isRevokedHere(certificates) : listOf(domain)(certificates)
  }
}

const isAway = (reason: unknown): boolean =>
  isRefusal(reason, 'peer-unreachable', 'peer-not-federating', 'rate-limited')
