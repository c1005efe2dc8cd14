/** What the facts of `peer-<domain>` make of the rows: what it confirmed, what fell out, and whether it is sent anything. */
import type { AnyEvent } from '../../events/anyEvent.js'
import { peerShapes } from '../../events/peer.js'
import type { PeerEvent } from '../../events/peer.js'
import type { Placed } from '../../items/placed.js'
import type { Rows } from '../../projections/projection.js'
import { anchorAt, gapIn } from './anchors.js'
import { changePeer } from './peerRows.js'

export const isOfPeer = (event: AnyEvent): event is PeerEvent => Object.hasOwn(peerShapes, event.type)

export const ofPeer = async (rows: Rows, peer: string, event: PeerEvent, placed: Placed): Promise<void> => {
  const { at } = placed
  switch (event.type) {
    case 'PeerConfirmed': {
      const groups = Object.entries(event.data.groups)
      for (const [group, anchor] of groups) await anchorAt(rows, peer, group, anchor)
      // The first word about a group says nothing of the peer.
      if (groups.every(([, { sequence }]) => sequence === 0)) return
      return changePeer(rows, peer, () => ({ confirmedAt: at, movedAt: at }))
    }
    case 'PeerGap':
      return gapIn(rows, peer, event.data, placed)
    case 'PeerPaused':
      return changePeer(rows, peer, () => ({ parkedSince: event.data.since }))
    case 'PeerResumed':
      return changePeer(rows, peer, () => ({ parkedSince: null, movedAt: at }))
    case 'PeerSendingChanged': {
      const { sending, act } = event.data
      const parked = sending ? { parkedSince: null } : {}
      return changePeer(rows, peer, () => ({ sending, act, movedAt: at, ...parked }))
    }
    case 'PeerReset':
      return changePeer(rows, peer, () => ({ parkedSince: null, broken: 0, act: event.data.act, movedAt: at }))
    case 'PeerDropped':
      return changePeer(rows, peer, () => ({ droppedAt: at, act: event.data.act }))
    case 'PeerPolicyChanged':
      return changePeer(rows, peer, () => ({ policy: event.data.policy, act: event.data.act, movedAt: at }))
    case 'PeerBrokeRule':
      return changePeer(rows, peer, ({ broken }) => ({ broken: broken + 1 }))
    // It is listed from now on.
    case 'PeerSeen':
    case 'PeerRootPinned':
    case 'PeerKeysChanged':
    case 'PeerSignatureRefused':
      return changePeer(rows, peer, () => ({}))
  }
}
