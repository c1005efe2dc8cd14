/** What the outbox records of another server, in its stream: what it has, what fell out for it, and when it was given up. */
import { parkPeer, peerAggregate, takeUpPeer } from '../../commands/peer/peer.js'
import type { Peer } from '../../commands/peer/peer.js'
import type { PeerEvent } from '../../events/peer.js'
import type { Anchor, PeerOutboxEvent } from '../../events/peerOutbox.js'
import { peerOutboxShapes, peerStream } from '../../events/peerOutbox.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { derivedId } from '../../streams/commandId.js'
import type { Decide } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import type { Fallen } from './falling.js'

export type PeerFactsDependencies = {
  readonly streams: Pick<Streams, 'append' | 'execute'>
  readonly clock: Pick<Clock, 'now'>
}

export type PeerFacts = {
  /** By group, what it has of it. */
  readonly confirm: (peer: Domain, groups: Readonly<Record<string, Anchor>>) => Promise<void>
  readonly letFall: (peer: Domain, gap: Fallen) => Promise<void>
  /** `since`: when it began not to answer, ms. */
  readonly park: (peer: Domain, since: number) => Promise<void>
  readonly takeUp: (peer: Domain) => Promise<void>
}

export const recordPeerFacts = ({ streams, clock }: PeerFactsDependencies): PeerFacts => {
  /** What it says is content enough for an id: the same words twice have one effect. */
  const say = async (peer: Domain, event: PeerOutboxEvent, what: string): Promise<void> => {
    const command = { id: derivedId(peerStream(peer), event.type, what), bodyHash: 'outbox', at: clock.now() }
    await streams.append({ shapes: peerOutboxShapes }, peerStream(peer), command, event)
  }

  /** What the fold of the peer tells, too. */
  const decide = async (peer: Domain, decided: Decide<Peer, PeerEvent>, what: string): Promise<void> => {
    const at = clock.now()
    const command = { id: derivedId(peerStream(peer), what, String(at)), bodyHash: 'outbox', at }
    await streams.execute(peerAggregate, peerStream(peer), command, decided)
  }

  return {
    confirm: (peer, groups) => say(peer, { type: 'PeerConfirmed', data: { groups } }, JSON.stringify(groups)),
    letFall: (peer, gap) =>
      say(peer, { type: 'PeerGap', data: gap }, `${gap.group} ${gap.fromSequence} ${gap.toSequence}`),
    park: (peer, since) => decide(peer, parkPeer(since), 'park'),
    takeUp: (peer) => decide(peer, takeUpPeer(), 'takeUp'),
  }
}
