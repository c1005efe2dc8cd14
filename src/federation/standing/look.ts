/** What operators see of other servers: all that the log speaks of, by name, or those alone that they should look at. */
import { peerAggregate } from '../../commands/peer/peer.js'
import type { PeerListed, PeerShown } from '../../contract/peers.js'
import { peerStream } from '../../events/peerOutbox.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Streams } from '../../streams/streams.js'
import type { PeerRow } from '../outbox/peerRows.js'
import type { OutboxView } from '../outbox/view.js'
import type { OutboxWorker } from '../outbox/worker.js'
import type { FederationPolicy } from '../peers/policy.js'
import { peerListed, peerShown } from './peerShown.js'
import type { Looked } from './peerShown.js'

export type PeersPage = { readonly after: string | undefined; readonly limit: number; readonly trouble: boolean }

export type PeersLook = {
  readonly listed: (page: PeersPage) => Promise<readonly PeerListed[]>
  readonly shown: (domain: Domain) => Promise<PeerShown>
}

export type PeersLookDependencies = {
  readonly streams: Pick<Streams, 'read'>
  readonly clock: Pick<Clock, 'now'>
  /** Undefined: federation is off, and only what is asked for by name is there. */
  readonly on:
    | {
        readonly policy: FederationPolicy
        readonly view: Pick<OutboxView, 'peer' | 'listed' | 'troubled' | 'oldestAt'>
        readonly outbox: Pick<OutboxWorker, 'status' | 'seen'>
      }
    | undefined
}

export const lookAtPeers = ({ streams, clock, on }: PeersLookDependencies): PeersLook => {
  const looked = async (domain: Domain, row: PeerRow | undefined): Promise<Looked> => {
    const { state: peer } = await streams.read(peerAggregate, peerStream(domain))
    const oldest = row === undefined || row.items === 0 ? undefined : await on?.view.oldestAt(domain)
    return { domain, peer, row, here: on?.outbox.seen(domain), oldest, now: clock.now(), policy: on?.policy }
  }

  /** As many as there is something wrong with: few, or an operator has other things to do. */
  const troubled = async ({ after = '', limit }: PeersPage): Promise<readonly PeerRow[]> => {
    if (on === undefined) return []
    const { failing, stopped } = on.outbox.status()
    const here = await Promise.all(
      [...new Set([...failing, ...stopped.map(({ peer }) => peer)])].map((domain) => on.view.peer(domain)),
    )
    const all = new Map(
      [...here, ...(await on.view.troubled())].flatMap((row) => (row === undefined ? [] : [[row.peer, row]])),
    )
    return [...all.values()]
      .filter(({ peer }) => peer > after)
      .sort((one, other) => (one.peer < other.peer ? -1 : 1))
      .slice(0, limit)
  }

  return {
    listed: async (page) => {
      const rows = page.trouble ? await troubled(page) : ((await on?.view.listed(page)) ?? [])
      return Promise.all(rows.map(async (row) => peerListed(await looked(row.peer as Domain, row))))
    },
    shown: async (domain) => peerShown(await looked(domain, await on?.view.peer(domain))),
  }
}
