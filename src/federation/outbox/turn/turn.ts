/** A group's turn: what of it another server has not got, in requests one after another, as long as no other group waits. */
import type { GroupId } from '../../../mls/wire/ids.js'
import type { PeerFacts } from '../peerFacts.js'
import type { PeerMemory } from '../peerMemory.js'
import { rests } from '../resting.js'
import type { SpeaksTo } from '../resting.js'
import type { FollowRow, ItemRow } from '../schema.js'
import type { OutboxView } from '../view.js'
import { ask } from './ask.js'
import type { AskDependencies, Asked } from './ask.js'
import { batchFrom, isFull, nextAfter } from './batch.js'
import type { Batch } from './batch.js'
import type { ContentDependencies } from './content.js'
import { stop } from './stop.js'

export type TurnDependencies = ContentDependencies &
  AskDependencies & {
    readonly view: Pick<OutboxView, 'items' | 'peer'>
    readonly facts: Pick<PeerFacts, 'letFall'>
    readonly speaksTo: SpeaksTo
  }

/** What became of it; `whole`: the peer has all there was a moment ago. */
export type Sent = Asked | 'whole'

/** A group has so long: then others have their turn, and what was heard is confirmed. */
const turnMs = 200

/** One request, and as long as it has its turn one after another: behind a full one the next is made while that is under way. */
export const takeTurn = async (
  deps: TurnDependencies,
  peer: PeerMemory,
  follow: FollowRow,
  mustEnd: () => boolean,
): Promise<Sent> => {
  const { clock } = deps
  const { group, anchor } = follow
  const until = clock.now() + turnMs
  const at = (from: number): Promise<Batch> => batchFrom(deps, { peer: peer.domain, group, from })
  let batch = await at(Math.max(anchor.sequence, peer.heard.get(group)?.sequence ?? 0))
  for (let sent: Sent = 'nothing'; ;) {
    if (batch.items.length === 0) {
      await missing(deps, peer, follow, batch.rows[0])
      return sent === 'answered' && batch.rows.length === 0 ? 'whole' : sent
    }
    const from = nextAfter(batch)
    const following = isFull(batch) ? at(from) : undefined
    // Whatever becomes of it, the answer is heard first.
    following?.catch(() => undefined)
    sent = await ask(deps, peer, follow, batch)
    const isTaken = sent === 'answered' && peer.heard.get(group)?.sequence === from
    if (!isTaken || mustEnd() || clock.now() >= until || (await isToRest(deps, peer))) return sent
    const made = await following
    batch = made !== undefined && isFull(made) ? made : await at(from)
  }
}

/** What an operator said of it meanwhile counts. */
const isToRest = async ({ view, clock, speaksTo }: TurnDependencies, peer: PeerMemory): Promise<boolean> =>
  rests(peer, await view.peer(peer.domain), clock.now(), speaksTo)

/** A message that the log has no more leaves a gap, once all before it is confirmed; anything else cannot be done without. */
const missing = async (
  deps: TurnDependencies,
  peer: PeerMemory,
  { group, anchor }: FollowRow,
  row?: ItemRow,
): Promise<void> => {
  if (row === undefined) return
  if (row.kind !== 'message') {
    stop(deps, peer, group, `item ${row.sequence} is not there any more`)
    return
  }
  if (anchor.sequence < row.sequence) {
    peer.confirmedAt = -Infinity
    return
  }
  const { sequence: fromSequence, through: toSequence, revision: messagesRevision } = row
  const gap = { group: group as GroupId, fromSequence, toSequence, count: 1, messagesRevision }
  await deps.facts.letFall(peer.domain, gap)
}
