/** Whether a peer is sent something now, of what the log and this process know of it: nobody is asked, and nothing read. Pure. */
import type { PeerPolicy } from '../../events/peer.js'
import type { Domain } from '../../mls/wire/ids.js'
import { isPaused } from './backoff.js'
import type { QueueLimits } from './falling.js'
import type { PeerMemory } from './peerMemory.js'
import type { PeerRow } from './peerRows.js'

/** Whether one of which an operator said so is spoken to. */
export type SpeaksTo = (peer: Domain, policy: PeerPolicy) => boolean

export const rests = (peer: PeerMemory, row: PeerRow | undefined, now: number, speaksTo: SpeaksTo): boolean =>
  !speaksTo(peer.domain, row?.policy ?? 'byDefault') ||
  row?.sending === false ||
  (row?.parkedSince ?? null) !== null ||
  isPaused(peer.failing, now)

/** How often it is looked at whether messages have grown too old. */
const lookEveryMs = 60_000

/** Whether messages of it may have to fall out: too many, too large, too old, or given up by an operator. */
export const mayFall = (peer: PeerMemory, row: PeerRow | undefined, limits: QueueLimits, now: number): boolean => {
  if (row === undefined || row.messages === 0) return false
  const { peerQueueMessagesMax, peerQueueBytesMax } = limits
  return (
    row.messages > peerQueueMessagesMax ||
    row.bytes > peerQueueBytesMax ||
    (row.droppedAt ?? -Infinity) > peer.droppedAt ||
    // A clock that leaps back makes nothing younger.
    Math.abs(now - peer.lookedAt) >= lookEveryMs
  )
}

/** An operator said something of it since this process looked last: what was given up for now is tried again. */
export const heedAct = (peer: PeerMemory, row: PeerRow | undefined): void => {
  const act = row?.act ?? 0
  if (act > peer.act && peer.act >= 0) {
    peer.failing = undefined
    peer.stopped.clear()
    peer.later.clear()
  }
  peer.act = Math.max(peer.act, act)
}
