/** What an operator should know of other servers, in a few words; `homeserver peers list --trouble` says which they are. Pure. */
import type { OutboxStatus } from './outbox/peerMemory.js'
import type { PeerRow } from './outbox/peerRows.js'

/** `troubled`: as the log has it; `unrecorded`: groups of other servers that never began here, because their first item broke a rule. */
export const notesOnPeers = (
  { failing, stopped }: OutboxStatus,
  troubled: readonly Pick<PeerRow, 'peer' | 'parkedSince' | 'broken'>[],
  unrecorded: number,
): readonly string[] => {
  const parked = new Set<string>(troubled.flatMap(({ peer, parkedSince }) => (parkedSince === null ? [] : [peer])))
  const broken = troubled.reduce((sum, one) => sum + one.broken, unrecorded)
  return [
    ...said(failing.filter((peer) => !parked.has(peer)).length, 'other servers that do not answer'),
    ...said(parked.size, 'other servers that were away for a week and are sent nothing'),
    ...said(stopped.length, 'groups that are sent to a follower no further'),
    ...said(broken, 'groups of other servers that are followed no further'),
  ]
}

const said = (count: number, what: string): readonly string[] => (count === 0 ? [] : [`${what}: ${count}`])
