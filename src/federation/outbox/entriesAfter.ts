/** What of a group a follower is sent after an anchor, in the order of the log: as the projection has it, but of the log itself. */
import { groupAggregate } from '../../commands/group/group.js'
import { groupStream } from '../../events/group.js'
import { messagesStream } from '../../events/messages.js'
import type { Anchor } from '../../events/peerOutbox.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { placedOf } from '../../items/placed.js'
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import type { Streams } from '../../streams/streams.js'
import { eventsOf } from './eventsOf.js'
import type { Entry, Gap } from './numbering.js'
import { isFor, isTold, kindOf, leafChanges } from './told.js'

export type FoundEntry = Entry & { readonly event: string; readonly at: number }

export type EntriesDependencies = {
  readonly streams: Pick<Streams, 'readAt'>
  readonly events: Pick<EventStore, 'readStream'>
  readonly domain: Domain
}

/** `max` at most; what a gap stands for is left out. Undefined where messages are gone for which none stands: what is behind them cannot be counted. */
export const entriesAfter = async (
  { streams, events, domain }: EntriesDependencies,
  { peer, group }: { readonly peer: Domain; readonly group: GroupId },
  { groupRevision, messagesRevision }: Anchor,
  { max, isLast, gaps }: { readonly max: number; readonly isLast: boolean; readonly gaps: readonly Gap[] },
): Promise<readonly FoundEntry[] | undefined> => {
  const before = await streams.readAt(groupAggregate, groupStream(group), groupRevision)
  let leaves =
    before.status === 'active' ? [...before.clients.keys()].filter((client) => domainOf(client) === peer).length : 0
  const found: FoundEntry[] = []
  let message = messagesRevision
  const merged = inOrder(
    eventsOf(events, groupStream(group), groupRevision + 1),
    eventsOf(events, messagesStream(group), messagesRevision + 1),
  )
  for await (const stored of merged) {
    const { event, revision, position, id, at } = placedOf(stored)
    if (event.type === 'MessageAccepted') {
      message = behindGaps(gaps, message)
      if (revision <= message) continue
      // What is unconfirmed is not truncated: what is gone all the same was for other servers.
      if (revision > message + 1 && !isLast) return undefined
      message = revision
    }
    if (!isTold(event)) continue
    const change = event.type === 'CommitAccepted' ? leafChanges(event.data, domain).get(peer) : undefined
    if ((leaves === 0 && change === undefined) || !isFor(event, peer)) continue
    const kind = event.type === 'CommitAccepted' && leaves === 0 ? 'join' : kindOf(event)
    leaves += change ?? 0
    found.push({ kind, revision, position, event: id, at })
    if (found.length === max) break
  }
  return found
}

/** The last of the messages that a gap stands for which begins behind this one: they follow one another, a number each. */
const behindGaps = (gaps: readonly Gap[], message: number): number => {
  const gap = gaps.find(
    ({ from, through, messagesRevision: last }) => message < last && message >= last - 1 - (through - from),
  )
  return gap === undefined ? message : behindGaps(gaps, gap.messagesRevision)
}

/** Of two streams, by their places in the log. */
async function* inOrder(
  one: AsyncGenerator<StoredEvent>,
  other: AsyncGenerator<StoredEvent>,
): AsyncGenerator<StoredEvent> {
  let [first, second] = [await one.next(), await other.next()]
  while (first.done !== true || second.done !== true) {
    if (second.done === true || (first.done !== true && first.value.position < second.value.position)) {
      if (first.done !== true) yield first.value
      first = await one.next()
    } else {
      yield second.value
      second = await other.next()
    }
  }
}
