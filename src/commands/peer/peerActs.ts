/** What operators say about another server: of two acts about the same thing the later one holds, whichever was done first. */
import type { PeerEvent, PeerPolicy } from '../../events/peer.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import type { Peer } from './peer.js'

/** `act`: the number of the operator's act. */
type ByAct = { readonly act: number }

export const pinRoot: Decider<ByAct & { readonly root: string }, Peer, PeerEvent> =
  ({ root, act }) =>
  ({ rootAct }) =>
    act > rootAct ? accept({ type: 'PeerRootPinned', data: { root, by: { type: 'operator', act } } }) : accept()

export const changePolicy: Decider<ByAct & { readonly policy: PeerPolicy }, Peer, PeerEvent> =
  (data) =>
  ({ policyAct }) =>
    data.act > policyAct ? accept({ type: 'PeerPolicyChanged', data }) : accept()

/** False: nothing is sent until an operator says so, whatever the peer does. */
export const changeSending: Decider<ByAct & { readonly sending: boolean }, Peer, PeerEvent> =
  (data) =>
  ({ sendingAct }) =>
    data.act > sendingAct ? accept({ type: 'PeerSendingChanged', data }) : accept()

export const resetPeer: Decider<ByAct, Peer, PeerEvent> =
  ({ act }) =>
  ({ resetAct }) =>
    act > resetAct ? accept({ type: 'PeerReset', data: { act } }) : accept()

export const dropBacklog: Decider<ByAct, Peer, PeerEvent> =
  ({ act }) =>
  ({ dropAct }) =>
    act > dropAct ? accept({ type: 'PeerDropped', data: { act } }) : accept()
