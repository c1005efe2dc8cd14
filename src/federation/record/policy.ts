/**
 * What a follower holds leaves against: certificates under the roots pinned for their domains. How long a KeyPackage holds was the
 * hub's to judge, by its clock and in its time; where a queue leads, its own server's.
 */
import type { LeafPolicy } from '../../commands/group/leaves.js'
import { extensionType } from '../../mls/wire/extension.js'
import type { Domain } from '../../mls/wire/ids.js'
import { sealedQueueReference } from '../../mls/group/queueReference.js'
import { newVerifiedChains, verifyCredential } from '../../mls/group/verifyCredential.js'
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { keepNewest } from '../../structures/newest.js'
import type { ForeignRoots } from '../peers/roots.js'

/** For leaves of members of these domains. Throws StoreUnavailable where the root of one cannot be learned now. */
export type RecordPolicy = (domains: Iterable<Domain>) => Promise<LeafPolicy>

export type RecordPolicyDependencies = {
  readonly domain: Domain
  readonly ownRoots: () => readonly Uint8Array[]
  readonly roots: Pick<ForeignRoots, 'pinned' | 'meet'>
  readonly clock: Pick<Clock, 'now'>
}

const chainsMax = 20_000
const issuersMax = 1_000
/** A hub may name many: those that were met by one request need not be by the next. */
const metMax = 8
/** Servers that there are not, or that are none: not asked for again for a while, so that others get their turn. */
const unmeetableMax = 10_000
const unmeetableMs = 10 * 60 * 1_000

export const recordPolicy = ({ domain: ours, ownRoots, roots, clock }: RecordPolicyDependencies): RecordPolicy => {
  const verified = newVerifiedChains(chainsMax, issuersMax)
  const unmeetable = keepNewest<Domain, number>(unmeetableMax)

  const isUnmeetable = (domain: Domain): boolean =>
    Math.abs(clock.now() - (unmeetable.get(domain) ?? -Infinity)) < unmeetableMs

  /** Side by side: who waits for them holds the group's lease. */
  const meetAll = async (strangers: readonly Domain[]): Promise<void> => {
    const refused = await Promise.all(strangers.slice(0, metMax).map((domain) => roots.meet(domain)))
    const away = strangers.find((_, at) => refused[at]?.rejected.code === 'peer-unreachable')
    refused.forEach((no, at) => {
      const domain = strangers[at]
      if (no !== undefined && no.rejected.code !== 'peer-unreachable' && domain !== undefined)
        unmeetable.set(domain, clock.now())
    })
    if (away !== undefined) throw new StoreUnavailable(`the root of ${away} is not known yet`)
    if (strangers.length > metMax) throw new StoreUnavailable('too many domains to be met at once')
  }

  return async (domains) => {
    const others = [...new Set(domains)].filter((domain) => domain !== ours)
    const pinned = async (of: readonly Domain[]) =>
      Promise.all(of.map(async (domain) => [domain, await roots.pinned(domain)] as const))
    const known = new Map<Domain, readonly Uint8Array[]>([[ours, ownRoots()], ...(await pinned(others))])
    const strangers = others.filter((domain) => known.get(domain)?.length === 0 && !isUnmeetable(domain))
    if (strangers.length > 0) {
      await meetAll(strangers)
      for (const [domain, found] of await pinned(strangers)) known.set(domain, found)
    }
    const now = clock.now()
    return {
      now,
      maxLifetimeS: 0,
      lifetimes: 'judgedBefore',
      credential: (credential, signatureKey) =>
        verifyCredential(credential, signatureKey, (of) => known.get(of) ?? [], now, verified),
      queueReference: sealedQueueReference,
      requiredExtensions: [extensionType.queueReference],
    }
  }
}
