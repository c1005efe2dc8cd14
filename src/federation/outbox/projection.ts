/** The outbox as a projection of the log: per domain and group what is unconfirmed, in the order of the log, numbered. */
import type { AnyEvent } from '../../events/anyEvent.js'
import { peerOfStream } from '../../events/peerOutbox.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Placed } from '../../items/placed.js'
import type { Projection, Rows } from '../../projections/projection.js'
import { addItem, followIn, putFollow } from './follows.js'
import type { Sent } from './follows.js'
import { peerLease } from './hold.js'
import { isOfPeer, ofPeer } from './ofPeer.js'
import { outboxSchema } from './schema.js'
import { isFor, isTold, leafChanges } from './told.js'
import type { Told } from './told.js'
import { outboxView } from './view.js'

/** `domain`: ours; of other servers' groups nothing is ours to send. */
export const outboxProjection = (domain: Domain): Projection => ({
  schema: outboxSchema,
  effects: async (served) => (await outboxView(served).peers()).map(({ peer }) => peerLease(peer)),
  touches: ({ event }) => (event.type === 'MessageAccepted' ? [{ table: 'groups', key: [event.data.group] }] : []),
  project: (placed, rows) => project(placed, rows, domain),
})

const project = async (placed: Placed, rows: Rows, domain: Domain): Promise<void> => {
  const { event, stream } = placed
  if (isOfPeer(event)) return ofPeer(rows, peerOfStream(stream), event, placed)
  if (!isTold(event)) return
  const { group } = event.data
  if (domainOf(group) !== domain) return
  if (event.type === 'CommitAccepted') return commit(placed, group, event.data, rows, domain)
  const peers = (await peersOf(rows, group)).filter((peer) => isFor(event, peer))
  for (const peer of peers) await addItem(rows, { peer, group }, placed, sentOf(event))
}

const sentOf = (event: Told): Sent => {
  if (event.type === 'MessageAccepted')
    return { kind: 'message', bytes: Math.ceil((event.data.message.length * 3) / 4) }
  if (event.type === 'ProposalAccepted')
    return { kind: 'proposal', bytes: Math.ceil((event.data.proposal.length * 3) / 4) }
  if (event.type !== 'ProfileChanged') return { kind: 'notice', bytes: 500 }
  const { digest, size } = event.data.profile
  return { kind: 'notice', bytes: size, digest }
}

const peersOf = async (rows: Rows, group: string): Promise<readonly string[]> => {
  const row = await rows.get('groups', [group])
  return row === undefined ? [] : (row['peers'] as readonly string[])
}

type CommitData = Extract<AnyEvent, { type: 'CommitAccepted' }>['data']

/** Whoever had a leaf hears of it, as its last item where it has none any more; whoever has its first one by it, joins. */
const commit = async (placed: Placed, group: GroupId, data: CommitData, rows: Rows, domain: Domain): Promise<void> => {
  const change = leafChanges(data, domain)
  const before = await peersOf(rows, group)
  if (before.length === 0 && change.size === 0) return
  const { groupInfo, welcome } = data
  const sent: Sent = {
    kind: 'commit',
    bytes: Math.ceil((data.commit.length * 3) / 4) + groupInfo.size + (welcome?.size ?? 0),
    digest: groupInfo.digest,
    ...(welcome === undefined ? {} : { welcome: welcome.digest }),
  }
  const peers: string[] = []
  for (const peer of new Set([...before, ...change.keys()])) {
    const follow = await followIn(rows, peer, group, placed.revision)
    const leaves = follow.leaves + (change.get(peer) ?? 0)
    const left = { ...follow, leaves }
    await putFollow(rows, left)
    await addItem(rows, { peer, group }, placed, follow.leaves === 0 ? { ...sent, kind: 'join' } : sent)
    if (leaves > 0) peers.push(peer)
  }
  if (peers.length > 0) rows.put('groups', { group, peers })
  else rows.remove('groups', [group])
}
