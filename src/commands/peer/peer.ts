/** Another server, as we know it: its pinned root, its keys, whether it is spoken to, and what of it stands still. */
import { parsePeerEvent, peerShapes } from '../../events/peer.js'
import type { PeerEvent, PeerPolicy, PinnedBy, PublishedKey } from '../../events/peer.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { brokenIn, withBroken } from './brokenGroups.js'
import type { BrokeRule, BrokenGroup } from './brokenGroups.js'

/** A root that is or was believed: since when (ms), and why. */
export type PinnedRoot = {
  readonly root: string
  readonly at: number
  readonly by: 'firstSight' | PinnedBy['type']
}

export type Peer = {
  /** When it was first seen, ms; null: it never was, or an operator only spoke of it. */
  readonly seenAt: number | null
  /** DER, base64url: the root that is believed. Null: none was seen yet. */
  readonly root: string | null
  /** That one and those before it, the oldest first. */
  readonly roots: readonly PinnedRoot[]
  /** Those that led to it by their word, the newest first: what they signed holds as long as it says. */
  readonly former: readonly string[]
  /** As it published them last. */
  readonly keys: readonly PublishedKey[]
  readonly policy: PeerPolicy
  /** Whether anything is sent to it, as an operator says. */
  readonly sending: boolean
  /** When a signature in its name was last refused, about, ms. */
  readonly refusedAt: number | null
  /** Since when it has been away for so long that nothing is sent, ms. */
  readonly parkedSince: number | null
  readonly broken: readonly BrokenGroup[]
  /** The numbers of the newest operators' acts that had their effect here. */
  readonly policyAct: number
  readonly rootAct: number
  readonly sendingAct: number
  readonly resetAct: number
  readonly dropAct: number
}

/** What its directory says of it. Whoever was seen before keeps its pinned root; `seePeer` only follows keys. */
export type Seen = {
  readonly root: string
  readonly keys: readonly PublishedKey[]
  /** Roots that led to this one by their word. */
  readonly former?: readonly string[]
}

export const seePeer: Decider<Seen, Peer, PeerEvent> = (seen) => (state) => {
  if (state.seenAt === null) return accept({ type: 'PeerSeen', data: firstSight(seen) })
  return isSame(state.keys, seen.keys) ? accept() : accept({ type: 'PeerKeysChanged', data: { keys: [...seen.keys] } })
}

const firstSight = ({ root, keys, former = [] }: Seen) => ({
  root,
  keys: [...keys],
  ...(former.length === 0 ? {} : { former: [...former] }),
})

/** `from`: the root that the statement was verified by. One that is not pinned any more has nothing to say. */
export type FollowRoot = { readonly from: string; readonly root: string; readonly signature: string }

export const followRoot: Decider<FollowRoot, Peer, PeerEvent> =
  ({ from, root, signature }) =>
  (state) =>
    state.root === from && from !== root
      ? accept({ type: 'PeerRootPinned', data: { root, by: { type: 'statement', signature } } })
      : accept()

/** `at`: ms. Known for a day: what is refused meanwhile changes nothing. */
export const refuseSignature: Decider<number, Peer, PeerEvent> =
  (at) =>
  ({ refusedAt }) =>
    at - (refusedAt ?? -Infinity) >= refusedEveryMs ? accept({ type: 'PeerSignatureRefused', data: {} }) : accept()

const refusedEveryMs = 24 * 60 * 60 * 1_000

/** With an item of a group of its own, which is followed no further. */
export const breakRule: Decider<BrokeRule, Peer, PeerEvent> = (data) => (state) =>
  brokenIn(state, data.group) === undefined ? accept({ type: 'PeerBrokeRule', data }) : accept()

/** Away for so long that nothing is sent to it. `since`: ms. */
export const parkPeer: Decider<number, Peer, PeerEvent> = (since) => (state) =>
  state.parkedSince === null ? accept({ type: 'PeerPaused', data: { since } }) : accept()

/** It showed itself. */
export const takeUpPeer: Decider<void, Peer, PeerEvent> = () => (state) =>
  state.parkedSince === null ? accept() : accept({ type: 'PeerResumed', data: {} })

const isSame = (some: readonly PublishedKey[], others: readonly PublishedKey[]): boolean =>
  some.length === others.length && some.every((key, at) => isSameKey(key, others[at]))

const isSameKey = (key: PublishedKey, other: PublishedKey | undefined): boolean =>
  key.id === other?.id &&
  key.publicKey === other.publicKey &&
  key.notBefore === other.notBefore &&
  key.notAfter === other.notAfter

const unknown: Peer = {
  ...{ seenAt: null, root: null, roots: [], former: [], keys: [], policy: 'byDefault' },
  ...{ sending: true, refusedAt: null, parkedSince: null, broken: [] },
  ...{ policyAct: 0, rootAct: 0, sendingAct: 0, resetAct: 0, dropAct: 0 },
}

export const peerAggregate: Aggregate<Peer, PeerEvent> = {
  name: 'peer',
  initial: unknown,
  shapes: peerShapes,
  parse: parsePeerEvent,
  evolve: (state, event, { at }) => {
    switch (event.type) {
      case 'PeerSeen': {
        const { root, keys } = event.data
        // An operator may have pinned a root before it was ever seen.
        const seen = { ...state, ...rootSeen(state, event.data), seenAt: at, keys }
        return state.root === null ? { ...seen, roots: withRoot(state, { root, at, by: 'firstSight' }) } : seen
      }
      case 'PeerKeysChanged':
        return { ...state, keys: event.data.keys }
      case 'PeerRootPinned': {
        const { root, by } = event.data
        const roots = withRoot(state, { root, at, by: by.type })
        return { ...state, ...rootPinned(state, event.data), roots, rootAct: actOf(by, state.rootAct) }
      }
      case 'PeerPolicyChanged':
        return { ...state, policy: event.data.policy, policyAct: event.data.act }
      case 'PeerSignatureRefused':
        return { ...state, refusedAt: at }
      case 'PeerBrokeRule':
        return { ...state, broken: withBroken(state.broken, event.data, at) }
      case 'PeerPaused':
        return { ...state, parkedSince: event.data.since }
      case 'PeerResumed':
        return { ...state, parkedSince: null }
      case 'PeerSendingChanged': {
        const { sending, act } = event.data
        return { ...state, sending, sendingAct: act, parkedSince: sending ? null : state.parkedSince }
      }
      case 'PeerReset':
        return { ...state, parkedSince: null, broken: [], resetAct: event.data.act }
      case 'PeerDropped':
        return { ...state, dropAct: event.data.act }
      case 'PeerConfirmed':
      case 'PeerGap':
        return state
    }
  },
  // The outbox confirms in the same stream, once a second.
  snapshot: {
    version: 2,
    write: (state) => new TextEncoder().encode(JSON.stringify(state)),
    read: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Peer,
  },
  weigh: ({ roots, former, keys, broken }) =>
    500 +
    [...former, ...roots.map(({ root }) => root)].reduce((sum, { length }) => sum + length + 60, 0) +
    (keys.length + broken.length) * 300,
}

/** Of those before, as many as tell how it came about. */
const rootsMax = 20

const withRoot = ({ roots }: Peer, one: PinnedRoot): readonly PinnedRoot[] => [...roots, one].slice(-rootsMax)

type Data<Type extends PeerEvent['type']> = Extract<PeerEvent, { type: Type }>['data']
type Roots = Pick<Peer, 'root' | 'former'>

/** What leads to a root is believed with it, and not with another one that an operator pinned. */
const rootSeen = ({ root, former }: Roots, seen: Data<'PeerSeen'>): Roots =>
  root === null || root === seen.root ? { root: seen.root, former: seen.former ?? [] } : { root, former }

/** By its predecessor's word that one stays believed for what it signed; a person's word is that it never was the one. */
const rootPinned = ({ root: before, former }: Roots, { root, by }: Data<'PeerRootPinned'>): Roots =>
  by.type === 'operator' || before === null
    ? { root, former: root === before ? former : [] }
    : { root, former: [before, ...former].slice(0, formerMax) }

const formerMax = 16

const actOf = (by: PinnedBy, before: number): number => (by.type === 'operator' ? by.act : before)
