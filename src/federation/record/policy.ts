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
import type { ForeignRoots } from '../peers/roots.js'

/** For leaves of members of these domains. Throws StoreUnavailable where the root of one cannot be learned now. */
export type RecordPolicy = (domains: Iterable<Domain>) => Promise<LeafPolicy>

export type RecordPolicyDependencies = {
  readonly domain: Domain
  readonly ownRoot: Uint8Array
  readonly roots: Pick<ForeignRoots, 'pinned' | 'meet'>
  readonly clock: Pick<Clock, 'now'>
}

const chainsMax = 20_000
const issuersMax = 1_000
/** A hub may name many: those that were met by one request need not be by the next. */
const metMax = 8

export const recordPolicy = ({ domain: ours, ownRoot, roots, clock }: RecordPolicyDependencies): RecordPolicy => {
  const verified = newVerifiedChains(chainsMax, issuersMax)
  return async (domains) => {
    const known = new Map<Domain, readonly Uint8Array[]>([[ours, [ownRoot]]])
    let strangers = 0
    for (const domain of domains) {
      if (known.has(domain)) continue
      const before = await roots.pinned(domain)
      const pinned = before.length > 0 || strangers++ === metMax ? before : await met(domain, roots)
      if (strangers > metMax) throw new StoreUnavailable('too many domains to be met at once')
      known.set(domain, pinned)
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

/** None of one that can never be met: its members are nobody's. */
const met = async (domain: Domain, roots: RecordPolicyDependencies['roots']): Promise<readonly Uint8Array[]> => {
  const refused = await roots.meet(domain)
  if (refused?.rejected.code === 'peer-unreachable')
    throw new StoreUnavailable(`the root of ${domain} is not known yet`)
  return roots.pinned(domain)
}
