/** Which leaves the next Commit must remove, asked of the server: the notice may stand before where this client reads on. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import { isRefusal } from '../transport/refused.js'
import { updateGroup } from './groupRecord.js'

/** Of a group that this client is in step with again. They are removed when the group is settled next. */
export const learnRequired = async (engine: Engine, group: GroupId): Promise<void> => {
  if (engine.groups.get(group)?.status !== 'active') return
  const leaves = await requiredIn(engine, group)
  if (leaves.length === 0) return
  await engine.locks.hold(group, () => {
    const record = engine.groups.get(group)
    if (record?.status !== 'active') return Promise.resolve()
    updateGroup(engine, group, { required: [...new Set([...record.required, ...leaves])] })
    return engine.saver.flush()
  })
  engine.settleSoon(group)
}

/** Of a server that does not say what it should: none. */
const requiredIn = async (engine: Engine, group: GroupId): Promise<readonly number[]> => {
  try {
    const { pending } = await engine.api.groups.view(group)
    return pending.removals.map(({ leafIndex }) => leafIndex).filter(Number.isInteger)
  } catch (error) {
    if (isRefusal(error) || error instanceof TypeError) return []
    throw error
  }
}
