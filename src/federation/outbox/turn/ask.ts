/** One request with items of a group, and what its answer means: it moved on, is to be asked later, or takes nothing more. */
import type { GroupId } from '../../../mls/wire/ids.js'
import type { Random } from '../../../ports/random.js'
import type { Heard, Notify } from '../../item.js'
import { backingOff } from '../backoff.js'
import { after } from '../numbering.js'
import type { PeerMemory } from '../peerMemory.js'
import type { FollowRow, ItemRow } from '../schema.js'
import type { Batch } from './batch.js'
import { stop } from './stop.js'
import type { StopDependencies } from './stop.js'

export type AskDependencies = StopDependencies & {
  readonly notify: Notify
  readonly random: Random
}

/** 'answered': it moved on, or is to be asked elsewhere. */
export type Asked = 'answered' | 'unanswered' | 'nothing'

export const ask = async (
  deps: AskDependencies,
  peer: PeerMemory,
  follow: FollowRow,
  { rows, items }: Batch,
): Promise<Asked> => {
  const { notify, clock, logger } = deps
  let answer: Heard
  peer.counts.tries++
  try {
    answer = await notify(peer.domain, follow.group as GroupId, items)
  } catch (error) {
    logger.warn('a peer did not answer', { peer: peer.domain, error: String(error) })
    peer.counts.unanswered++
    peer.lastError = { at: clock.now(), what: String(error) }
    return 'unanswered'
  }
  peer.answeredAt = clock.now()
  return take(deps, peer, follow, rows.slice(0, items.length), answer) ? 'answered' : 'nothing'
}

/** Believed is only what it can have: no more than it was sent. */
const take = (
  deps: AskDependencies,
  peer: PeerMemory,
  { group, anchor }: FollowRow,
  sent: readonly ItemRow[],
  answer: Heard,
): boolean => {
  if (answer.status === 'later') {
    peer.later.set(group, backingOff(deps)(peer.later.get(group)))
    return false
  }
  peer.later.delete(group)
  const { next } = answer
  const impossible = impossibleIn(next, anchor.sequence, sent.at(-1)?.through ?? -1)
  if (impossible !== undefined) {
    stop(deps, peer, group, impossible)
    return false
  }
  const taken = sent.filter((one) => one.through < next)
  const last = taken.at(-1)
  peer.counts.sent += taken.length
  // One that takes nothing of what it says it expects is not sent the same again at once.
  const moves = last !== undefined || (answer.status === 'unexpected' && peer.heard.delete(group))
  if (last !== undefined) peer.heard.set(group, after(last))
  if (answer.status === 'refused') {
    peer.counts.refused++
    stop(deps, peer, group, answer.reason)
  }
  return moves
}

/** What of it cannot be, in words; undefined where it can. */
const impossibleIn = (next: number, confirmed: number, sentThrough: number): string | undefined => {
  if (next > sentThrough + 1) return `it expects ${next}, and was sent ${sentThrough}`
  if (next < confirmed) return `it lost what it had confirmed: ${next}`
  return undefined
}
