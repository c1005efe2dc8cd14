/** The row of another server: how much it has not got, and all that the log says of whether it is sent now. */
import type { PeerPolicy } from '../../events/peer.js'
import type { Row } from '../../ports/readModels.js'
import type { Rows } from '../../projections/projection.js'

export type PeerRow = {
  readonly peer: string
  /** Application messages that it has not got, and their bytes. */
  readonly messages: number
  readonly bytes: number
  /** The same of all items. */
  readonly items: number
  readonly itemBytes: number
  /** Groups of which something is unconfirmed. */
  readonly behind: number
  readonly policy: PeerPolicy
  /** Whether anything is sent to it, as an operator says. */
  readonly sending: boolean
  /** Since when it has been away for so long that nothing is sent, ms. */
  readonly parkedSince: number | null
  /** Groups of its own that are followed no further. */
  readonly broken: number
  /** The number of the newest act of an operator about it: what was given up for now is tried again after each. */
  readonly act: number
  /** Messages of before this moment fall out, ms. */
  readonly droppedAt: number | null
  /** When it confirmed something last, ms. */
  readonly confirmedAt: number | null
  /** When it last got on, or was let off: since then it may have been away, ms. */
  readonly movedAt: number
}

export const peerOf = (row: Row): PeerRow => row as unknown as PeerRow

const unknown = (peer: string): PeerRow => ({
  ...{ peer, messages: 0, bytes: 0, items: 0, itemBytes: 0, behind: 0, policy: 'byDefault', sending: true },
  ...{ parkedSince: null, broken: 0, act: 0, droppedAt: null, confirmedAt: null, movedAt: 0 },
})

export const changePeer = async (
  rows: Pick<Rows, 'get' | 'put'>,
  peer: string,
  change: (row: PeerRow) => Partial<PeerRow>,
): Promise<void> => {
  const row = await rows.get('peers', [peer])
  const before = row === undefined ? unknown(peer) : peerOf(row)
  rows.put('peers', peerRow({ ...before, ...change(before) }))
}

/** With the fields that only those who are behind, and those that an operator should look at, are found by. */
const peerRow = (row: PeerRow): Row => {
  const { behindOf: _behindOf, troubleOf: _troubleOf, ...said } = row as PeerRow & Row
  return {
    ...said,
    ...(row.behind > 0 ? { behindOf: row.peer } : {}),
    ...(row.parkedSince !== null || row.broken > 0 ? { troubleOf: row.peer } : {}),
  }
}
