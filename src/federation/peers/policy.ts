/** Whom we speak to, and whom we know well enough for the ordinary budgets. Pure. */
import type { Peer } from '../../commands/peer/peer.js'
import type { Domain } from '../../mls/wire/ids.js'

export type FederationPolicy = {
  /** Of domains that nobody spoke of. */
  readonly byDefault: 'open' | 'allow'
  /** Those that the settings name: allowed, unless an operator blocks them. */
  readonly named: ReadonlySet<Domain>
}

/** Without refused signatures. */
const probationMs = 7 * 24 * 60 * 60 * 1_000

export const isSpokenTo = (policy: FederationPolicy, domain: Domain, peer: Pick<Peer, 'policy'>): boolean => {
  if (peer.policy !== 'byDefault') return peer.policy === 'allowed'
  return policy.byDefault === 'open' || policy.named.has(domain)
}

/** When it has the ordinary budgets, ms: −Infinity where it was allowed by name, Infinity where it was never seen. */
export const knownFrom = (
  policy: FederationPolicy,
  domain: Domain,
  peer: Pick<Peer, 'policy' | 'seenAt' | 'refusedAt'>,
): number => {
  if (peer.policy === 'allowed' || policy.named.has(domain)) return -Infinity
  return Math.max(peer.seenAt ?? Infinity, peer.refusedAt ?? -Infinity) + probationMs
}
