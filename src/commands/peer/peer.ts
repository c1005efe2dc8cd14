/** Another server, as we know it: its pinned root, its keys, and whether it is spoken to. */
import { parsePeerEvent, peerShapes } from '../../events/peer.js'
import type { PeerEvent, PeerPolicy, PeerTrustEvent, PinnedBy, PublishedKey } from '../../events/peer.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'

export type Peer = {
  /** When it was first seen, ms; null: it never was, or an operator only spoke of it. */
  readonly seenAt: number | null
  /** DER, base64url: the root that is believed. Null: none was seen yet. */
  readonly root: string | null
  /** Those that led to it by their word, the newest first: what they signed holds as long as it says. */
  readonly former: readonly string[]
  /** As it published them last. */
  readonly keys: readonly PublishedKey[]
  readonly policy: PeerPolicy
  /** The numbers of the newest operators' acts that had their effect here: on the policy, and on the root. */
  readonly policyAct: number
  readonly rootAct: number
}

/** What its directory says of it. Whoever was seen before keeps its pinned root; `seePeer` only follows keys. */
export type Seen = {
  readonly root: string
  readonly keys: readonly PublishedKey[]
  /** Roots that led to this one by their word. */
  readonly former?: readonly string[]
}

export const seePeer: Decider<Seen, Peer, PeerTrustEvent> = (seen) => (state) => {
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

export const followRoot: Decider<FollowRoot, Peer, PeerTrustEvent> =
  ({ from, root, signature }) =>
  (state) =>
    state.root === from && from !== root ? pin(root, { type: 'statement', signature }) : accept()

/** An operator's act: later ones hold, whichever was done first. */
export type PinRoot = { readonly root: string; readonly act: number }

export const pinRoot: Decider<PinRoot, Peer, PeerTrustEvent> =
  ({ root, act }) =>
  (state) =>
    act > state.rootAct ? pin(root, { type: 'operator', act }) : accept()

export type ChangePolicy = { readonly policy: PeerPolicy; readonly act: number }

export const changePolicy: Decider<ChangePolicy, Peer, PeerTrustEvent> = (data) => (state) =>
  data.act > state.policyAct ? accept({ type: 'PeerPolicyChanged', data }) : accept()

const pin = (root: string, by: PinnedBy) => accept<PeerTrustEvent>({ type: 'PeerRootPinned', data: { root, by } })

const isSame = (some: readonly PublishedKey[], others: readonly PublishedKey[]): boolean =>
  some.length === others.length && some.every((key, at) => isSameKey(key, others[at]))

const isSameKey = (key: PublishedKey, other: PublishedKey | undefined): boolean =>
  key.id === other?.id &&
  key.publicKey === other.publicKey &&
  key.notBefore === other.notBefore &&
  key.notAfter === other.notAfter

export const peerAggregate: Aggregate<Peer, PeerEvent> = {
  name: 'peer',
  initial: { seenAt: null, root: null, former: [], keys: [], policy: 'byDefault', policyAct: 0, rootAct: 0 },
  shapes: peerShapes,
  parse: parsePeerEvent,
  evolve: (state, event, { at }) => {
    switch (event.type) {
      case 'PeerSeen':
        // An operator may have pinned a root before it was ever seen.
        return { ...state, ...rootSeen(state, event.data), seenAt: at, keys: event.data.keys }
      case 'PeerKeysChanged':
        return { ...state, keys: event.data.keys }
      case 'PeerRootPinned':
        return { ...state, ...rootPinned(state, event.data), rootAct: actOf(event.data.by, state.rootAct) }
      case 'PeerPolicyChanged':
        return { ...state, policy: event.data.policy, policyAct: event.data.act }
      case 'PeerConfirmed':
      case 'PeerGap':
      case 'PeerPaused':
      case 'PeerResumed':
        return state
    }
  },
  // The outbox confirms in the same stream, once a second.
  snapshot: {
    version: 2,
    write: (state) => new TextEncoder().encode(JSON.stringify(state)),
    read: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Peer,
  },
  weigh: ({ root, former, keys }) =>
    500 + (root?.length ?? 0) + former.reduce((sum, { length }) => sum + length, 0) + keys.length * 300,
}

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
