/** The client's own leaf in a group, renewed before its lifetime ends: a Commit's leaf has none (RFC 9420 §7.2). */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import { ownLeafEndOf } from '../member/groupState.js'
import { commit } from './commit.js'
import { withDue } from './commitPending.js'
import type { GroupRecord } from './groupRecord.js'

/** A third of its life: a client that is away for a month still comes in time. */
const renewBeforeMs = 30 * 24 * 3600 * 1000

/** By the homeserver's clock, which judges it; never by this machine's alone. */
const isOwnLeafEnding = ({ api }: Engine, { status, state }: GroupRecord): boolean => {
  if (status !== 'active' || state === undefined || !api.clock.isKnown()) return false
  const end = ownLeafEndOf(state)
  return end !== undefined && end - renewBeforeMs < api.clock.now()
}

export const renewOwnLeaf = async (engine: Engine, group: GroupId): Promise<void> => {
  const record = engine.groups.get(group)
  if (record === undefined || !isOwnLeafEnding(engine, record)) return
  await commit(engine, group, async (state, current) =>
    isOwnLeafEnding(engine, current) ? withDue(state, current, {}) : undefined,
  )
}

/** To be done soon for every group where it is due. */
export const renewLeavesSoon = (engine: Engine): void => {
  for (const record of engine.groups.values()) if (isOwnLeafEnding(engine, record)) engine.settleSoon(record.group)
}
