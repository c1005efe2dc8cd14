/** From where numbers of a follower can be counted again: the last anchor at or before one, and what fell out since. */
import { parsePeerEvent } from '../../events/peer.js'
import { peerStream } from '../../events/peerOutbox.js'
import type { Anchor } from '../../events/peerOutbox.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { EventStore } from '../../ports/eventStore.js'
import { eventsOf } from './eventsOf.js'
import type { Gap } from './numbering.js'

/** `isLast`: nothing was confirmed after it, so whatever messages are gone behind it were none of this follower's. */
export type Counting = { readonly anchor: Anchor; readonly isLast: boolean; readonly gaps: readonly Gap[] }

type Wanted = { readonly peer: Domain; readonly group: GroupId; readonly from: number }

/** Of all that is on record of the peer, which is one fact a second at most: asked for when something was lost. */
export const anchorBefore = async (
  events: Pick<EventStore, 'readStream'>,
  { peer, group, from }: Wanted,
): Promise<Counting | undefined> => {
  let anchor: Anchor | undefined
  let last: Anchor | undefined
  const gaps: Gap[] = []
  for await (const stored of eventsOf(events, peerStream(peer), 0)) {
    const event = parsePeerEvent(stored)
    if (event.type === 'PeerConfirmed') {
      const said = event.data.groups[group]
      last = said ?? last
      if (said !== undefined && said.sequence <= from) anchor = said
    }
    if (event.type === 'PeerGap' && event.data.group === group) {
      const { fromSequence, toSequence: through, messagesRevision } = event.data
      gaps.push({ from: fromSequence, through, messagesRevision })
    }
  }
  if (anchor === undefined) return undefined
  return { anchor, isLast: anchor === last, gaps: gaps.filter(({ through }) => through >= anchor.sequence) }
}
