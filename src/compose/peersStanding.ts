/** How other servers stand: to operators, in metrics, and in the notes of readiness. */
import type { PeersForOperators } from '../api/operators/peers.js'
import type { PeerMetric } from '../api/operations/metricsOfPeers.js'
import { peerAggregate } from '../commands/peer/peer.js'
import { peerStream } from '../events/peerOutbox.js'
import { notesOnPeers } from '../federation/notes.js'
import { askBackfill } from '../federation/peers/backfill.js'
import { lookAgain } from '../federation/record/lookAgain.js'
import type { FollowerRecord } from '../federation/record/record.js'
import { figuresOfPeers } from '../federation/standing/figures.js'
import { lookAtPeers } from '../federation/standing/look.js'
import type { Domain } from '../mls/wire/ids.js'
import type { Federation } from './federation.js'
import type { House } from './house.js'
import type { ComposedOutbox } from './outbox.js'
import type { Config } from './settings/config.js'

export type PeersStanding = {
  readonly peers: PeersForOperators
  readonly peerFigures: () => Promise<readonly PeerMetric[]>
  readonly peerNotes: () => Promise<readonly string[]>
}

type Others = Federation & { readonly outbox: ComposedOutbox; readonly record: FollowerRecord }

/** `others`: undefined where federation is off. */
export const composeStanding = (
  { federation: { mode } }: Pick<Config, 'federation'>,
  { streams, world: { clock, logger } }: Pick<House, 'streams' | 'world'>,
  others: Others | undefined,
): PeersStanding => {
  if (others === undefined) {
    const reset: PeersForOperators['reset'] = (_domain, act) => act()
    const peers = { mode, ...lookAtPeers({ streams, clock, on: undefined }), reset }
    return { peers, peerFigures: () => Promise.resolve([]), peerNotes: () => Promise.resolve([]) }
  }
  const { outbox, record, peerPolicy: policy, away } = others
  const { view } = outbox
  const figures = figuresOfPeers({ view, outbox })
  const again = { record, backfill: askBackfill(others.peers), logger }
  const brokenOf = async (domain: Domain) => (await streams.read(peerAggregate, peerStream(domain))).state.broken

  const reset: PeersForOperators['reset'] = async (domain, act) => {
    const broken = await brokenOf(domain)
    const reply = await act()
    if ('rejected' in reply) return reply
    away.showed(domain)
    // Nobody waits for what the other server answers.
    void lookAgain(again, domain, broken)
    return reply
  }
  return {
    peers: { mode, ...lookAtPeers({ streams, clock, on: { policy, view, outbox } }), reset },
    peerFigures: async () => {
      const now = clock.now()
      return (await figures()).map(({ oldestAt, ...figure }) => ({
        ...figure,
        oldestMs: oldestAt === undefined ? undefined : Math.max(0, now - oldestAt),
      }))
    },
    peerNotes: async () => {
      const unrecorded = [...record.broken().values()].filter(({ next }) => next === 0).length
      return notesOnPeers(outbox.status(), await view.troubled(), unrecorded)
    },
  }
}
