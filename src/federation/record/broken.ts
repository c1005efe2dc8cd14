/**
 * Groups of other servers that are followed no further, because their hub broke a rule. It is on record, so all processes know, and
 * so does the next start; an operator who resets the peer has them looked at again, in all processes.
 */
import { brokenIn } from '../../commands/peer/brokenGroups.js'
import { breakRule, peerAggregate } from '../../commands/peer/peer.js'
import type { Peer } from '../../commands/peer/peer.js'
import { peerStream } from '../../events/peerOutbox.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { derivedId } from '../../streams/commandId.js'
import type { Streams } from '../../streams/streams.js'
import { keepNewest } from '../../structures/newest.js'

export type Broken = { readonly next: number; readonly reason: string }
type Of = { readonly hub: Domain; readonly group: GroupId }

export type BrokenGroups = {
  /** Asks the log where a group stands still, and once for each that does not. */
  readonly of: (from: Of) => Promise<Broken | undefined>
  readonly stop: (from: Of, broken: Broken, at: number) => Promise<void>
  /** As far as this process heard. */
  readonly all: () => ReadonlyMap<GroupId, Broken>
}

const lookedMax = 50_000
/** Of groups that never began here a server can make up as many as it likes: those are remembered, and not on record. */
const brokenMax = 10_000
/** Characters: a reason may have what the hub wrote. */
const reasonMax = 1_000

type Known = Broken & { readonly resetAct: number }

export const knowBroken = (streams: Pick<Streams, 'read' | 'execute'>): BrokenGroups => {
  const broken = new Map<GroupId, Known>()
  /** Found not to stand still. */
  const looked = keepNewest<GroupId, true>(lookedMax)

  const peerOf = async (hub: Domain): Promise<Peer> => (await streams.read(peerAggregate, peerStream(hub))).state

  const remember = (group: GroupId, known: Known): void => {
    broken.delete(group)
    broken.set(group, known)
    looked.delete(group)
    for (const oldest of broken.keys()) {
      if (broken.size <= brokenMax) return
      broken.delete(oldest)
    }
  }

  return {
    of: async ({ hub, group }) => {
      if (looked.has(group)) return undefined
      const peer = await peerOf(hub)
      const { resetAct } = peer
      const onRecord = brokenIn(peer, group)
      if (onRecord !== undefined) {
        const known = { next: onRecord.sequence, reason: onRecord.reason }
        remember(group, { ...known, resetAct })
        return known
      }
      const unrecorded = broken.get(group)
      if (unrecorded?.next === 0 && unrecorded.resetAct === resetAct) return { next: 0, reason: unrecorded.reason }
      broken.delete(group)
      looked.set(group, true)
      return undefined
    },
    stop: async ({ hub, group }, { next, reason }, at) => {
      const { resetAct } = await peerOf(hub)
      remember(group, { next, reason, resetAct })
      if (next === 0) return
      const stream = peerStream(hub)
      const command = { id: derivedId(stream, 'broke', `${group} ${at}`), bodyHash: 'record', at }
      const data = { group, sequence: next, reason: reason.slice(0, reasonMax) }
      await streams.execute(peerAggregate, stream, command, breakRule(data))
    },
    all: () => broken,
  }
}
