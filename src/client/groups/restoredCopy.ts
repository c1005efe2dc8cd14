/** A store that was put back to an older copy of itself: what its states would encrypt with was used already. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import { isRefusal } from '../transport/refused.js'
import { commit } from './commit.js'
import { withDue } from './commitPending.js'
import { updateGroup } from './groupRecord.js'
import { lose } from './receive.js'
import { resync } from './resync.js'

/** Discards what is on its way, for a newer state may have sent it; every group gets fresh keys before it sends again. */
export const distrustStates = (engine: Engine): void => {
  for (const { group, status } of [...engine.groups.values()]) {
    if (status !== 'active' && status !== 'lost' && status !== 'creating') continue
    const nothing = { pending: undefined, outgoing: [], leave: undefined, creation: undefined }
    updateGroup(engine, group, { ...nothing, stale: true, status: status === 'creating' ? 'lost' : status })
    engine.settleSoon(group)
  }
  engine.inbox.push({ type: 'restoredFromCopy' })
  engine.replenishSoon('all')
}

/**
 * An epoch that only this state has been in: by a Commit of its own at the end of the queue, or by an external one where it
 * cannot follow because the newer state had committed.
 */
export const freshen = async (engine: Engine, group: GroupId): Promise<void> => {
  if (engine.groups.get(group)?.stale !== true) return
  await engine.drain()
  try {
    if (engine.groups.get(group)?.status === 'active')
      await commit(engine, group, async (state, record) => (record.stale ? withDue(state, record, {}) : undefined))
  } catch (error) {
    if (!isRefusal(error)) throw error
    await engine.locks.hold(group, () => {
      lose(engine, group, 'the state is an older copy')
      return engine.saver.flush()
    })
  }
  if (engine.groups.get(group)?.status === 'lost') await resync(engine, group)
}
