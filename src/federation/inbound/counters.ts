/** What strangers among servers are counted by: who makes up names makes them under one, and asks from somewhere. */
import { getDomain } from 'tldts'
import type { Charge, RateLimiter } from '../../api/http/budgets/rateLimits.js'
import type { Domain } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

export type Counters = {
  /** `example.org` of `chat.example.org`: whoever has it has all names under it. */
  readonly registrable: string
  /** The /24 of an IPv4 address, the /64 of an IPv6 one; undefined: this machine. */
  readonly network: string | undefined
}

/** `address`: as callers are counted, an IPv4 address or the /64 of an IPv6 one. */
export const countersOf = (domain: Domain, address: string | undefined): Counters => {
  const host = domain.replace(/:\d+$/, '')
  const registrable = getDomain(host, { allowPrivateDomains: true }) ?? host
  return { registrable, network: address?.replace(/^(\d+\.\d+\.\d+)\.\d+$/, '$1.0/24') }
}

/** Takes all of it, or nothing. */
export const takeAll = (rateLimiter: RateLimiter, charges: readonly Charge[]): Rejected | undefined => {
  const { retryAfter } = rateLimiter.charge(charges)
  return retryAfter === undefined ? undefined : reject({ code: 'rate-limited', retryAfter })
}

/** What a claim for a user, and the first item of a group, cost a peer that is not known yet (`rates` of routes). */
export const newcomersPay = (
  what: 'claimsPerNewPeer' | 'groupsPerNewPeer',
  { isKnown, counters }: { readonly isKnown: boolean; readonly counters: Counters },
): readonly Charge[] => {
  return isKnown ? [] : namesOf(counters).map((key) => ({ rate: what, key }))
}

/** What bytes of items cost, whether they were sent or asked for: they are kept as long as their group says. */
export const itemsCost = (
  { domain, isKnown, counters }: { readonly domain: Domain; readonly isKnown: boolean; readonly counters: Counters },
  cost: number,
): readonly Charge[] =>
  isKnown
    ? [{ rate: 'itemBytesPerPeer', key: domain, cost }]
    : namesOf(counters).map((key) => ({ rate: 'itemBytesPerNewPeer', key, cost }))

const namesOf = ({ registrable, network }: Counters): readonly string[] => [
  registrable,
  ...(network === undefined ? [] : [network]),
]
