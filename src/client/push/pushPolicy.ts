/** What of each group wakes this client: told to the homeserver as a whole, for it decides while nobody is here. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { PushPolicies, PushPolicy } from '../api/push.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import type { GroupStatus } from '../groups/groupRecord.js'
import { loadPush, savePush } from './pushRecord.js'

/** `policy`: undefined has the group go by what is said for all others. */
export const setGroupPush = (engine: Engine, group: GroupId, policy: PushPolicy | undefined): Promise<void> =>
  change(engine, ({ groups, ...rest }) => {
    const { [group]: _, ...others } = groups
    return { ...rest, groups: policy === undefined ? others : { ...others, [group]: policy } }
  })

/** Of all groups that have none of their own, and of what concerns no group. */
export const setPush = (engine: Engine, policy: PushPolicy): Promise<void> =>
  change(engine, (policies) => ({ ...policies, default: policy }))

export const pushOf = async (engine: Engine, group: GroupId): Promise<PushPolicy> => {
  const { policies } = await loadPush(engine)
  return policies.groups[group] ?? policies.default
}

/** Saved when the homeserver has it. Groups that ended are left out: it names so many at most. */
const change = (engine: Engine, changed: (policies: PushPolicies) => PushPolicies): Promise<void> =>
  engine.locks.hold('push', async () => {
    const record = await loadPush(engine)
    const next = changed(record.policies)
    const lasting = Object.entries<PushPolicy>(next.groups).filter(([group]) => !isOver(engine, group as GroupId))
    const policies: PushPolicies = { ...next, groups: Object.fromEntries<PushPolicy>(lasting) }
    await engine.api.push.setPolicies(randomId(), engine.account.queue, policies)
    await savePush(engine, { ...record, policies })
  })

const over: readonly (GroupStatus | undefined)[] = ['left', 'removed', 'deleted', 'reset', undefined]
const isOver = ({ groups }: Engine, group: GroupId): boolean => over.includes(groups.get(group)?.status)
