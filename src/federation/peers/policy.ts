/** Whom we speak to, and whom we know well enough for the ordinary budgets. Pure. */
import type { Peer } from '../../commands/peer/peer.js'
import type { Domain } from '../../mls/wire/ids.js'

export type FederationPolicy = {
  /** Of domains that nobody spoke of. */
  readonly byDefault: 'open' | 'allow'
  /** Those that the settings name: allowed, unless an operator blocks them. */
  readonly named: ReadonlySet<Domain>
}

const probationMs = 7 * 24 * 60 * 60 * 1_000

export const isSpokenTo = (policy: FederationPolicy, domain: Domain, peer: Pick<Peer, 'policy'>): boolean => {
  if (peer.policy !== 'byDefault') return peer.policy === 'allowed'
  return policy.byDefault === 'open' || policy.named.has(domain)
}

/** `refusedAt`: when a signature in its name was last refused, that came from where it asks from, ms. */
export const isKnown = (
  policy: FederationPolicy,
  domain: Domain,
  peer: Pick<Peer, 'policy' | 'seenAt'>,
  { now, refusedAt }: { readonly now: number; readonly refusedAt: number | undefined },
): boolean => {
  if (peer.policy === 'allowed' || policy.named.has(domain)) return true
  const since = Math.max(peer.seenAt ?? Infinity, refusedAt ?? -Infinity)
  return now - since >= probationMs
}
