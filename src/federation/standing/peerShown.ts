/** Another server as operators are shown it: what the log says, and what this process saw of it. Pure. */
import { createHash } from 'node:crypto'
import type { Peer } from '../../commands/peer/peer.js'
import type { PeerListed, PeerShown, PeerState } from '../../contract/peers.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { PeerSeenHere } from '../outbox/peerMemory.js'
import type { PeerRow } from '../outbox/peerRows.js'
import { isSpokenTo, knownFrom } from '../peers/policy.js'
import type { FederationPolicy } from '../peers/policy.js'

export type Looked = {
  readonly domain: Domain
  readonly peer: Peer
  /** None where nothing is or was sent to it. */
  readonly row: PeerRow | undefined
  readonly here: PeerSeenHere | undefined
  /** ms */
  readonly oldest: number | undefined
  readonly now: number
  /** Undefined: federation is off. */
  readonly policy: FederationPolicy | undefined
}

export const peerListed = (looked: Looked): PeerListed => {
  const { domain, peer, row, here, oldest, now } = looked
  const state = stateOf(looked)
  const since = state === 'parked' ? peer.parkedSince : state === 'backingOff' ? here?.failing?.since : undefined
  const lastSuccess = Math.max(here?.answeredAt ?? -Infinity, row?.confirmedAt ?? -Infinity)
  const nextAt = state === 'backingOff' ? here?.failing?.nextAt : undefined
  return {
    domain,
    policy: peer.policy,
    state,
    ...(typeof since === 'number' ? { since } : {}),
    ...probation(looked),
    backlog: {
      items: row?.items ?? 0,
      messages: row?.messages ?? 0,
      bytes: row?.itemBytes ?? 0,
      groups: row?.behind ?? 0,
      ...(oldest === undefined ? {} : { oldest }),
    },
    ...(Number.isFinite(lastSuccess) ? { lastSuccess } : {}),
    ...(here?.lastError === undefined ? {} : { lastError: { at: here.lastError.at, error: here.lastError.what } }),
    ...(nextAt === undefined ? {} : { nextTry: Math.max(now, Math.round(nextAt)) }),
    stopped: here?.stopped.length ?? 0,
    broken: peer.broken.length,
  }
}

export const peerShown = (looked: Looked): PeerShown => {
  const { peer, here } = looked
  const { seenAt, refusedAt, root, roots, keys, broken } = peer
  return {
    ...peerListed(looked),
    stopped: (here?.stopped ?? []).map(({ group, why, at }) => ({ group, why, at })),
    broken: [...broken],
    counts: here?.counts ?? { tries: 0, sent: 0, refused: 0, unanswered: 0 },
    ...(seenAt === null ? {} : { seen: seenAt }),
    ...(refusedAt === null ? {} : { refusedSignature: refusedAt }),
    ...(root === null ? {} : { root, fingerprint: fingerprintOf(root) }),
    roots: roots.map(({ root: one, at, by }) => ({ fingerprint: fingerprintOf(one), at, by })),
    keys: keys.map(({ id, notBefore, notAfter }) => ({ id, notBefore, notAfter })),
  }
}

/** What an operator said of it goes before what became of it by itself. */
const stateOf = ({ domain, peer, here, policy }: Looked): PeerState => {
  if (peer.policy === 'blocked') return 'blocked'
  if (policy === undefined || !isSpokenTo(policy, domain, peer)) return 'notAllowed'
  if (!peer.sending) return 'paused'
  if (peer.parkedSince !== null) return 'parked'
  return here?.failing === undefined ? 'ok' : 'backingOff'
}

const probation = ({ domain, peer, policy, now }: Looked): Pick<PeerListed, 'stranger'> => {
  const until = policy === undefined ? -Infinity : knownFrom(policy, domain, peer)
  return peer.seenAt === null || until <= now ? {} : { stranger: { since: peer.seenAt, until } }
}

const fingerprintOf = (root: string): string =>
  createHash('sha256')
    .update(fromBase64url(root) ?? new Uint8Array())
    .digest('base64url')
