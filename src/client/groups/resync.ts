/** Having a group (again) by an external Commit: after its state was lost, or beside the user's other clients. */
import { leafIdentityOf } from '../account/account.js'
import { newKeyPackage } from '../account/keyPackages.js'
import type { Engine } from '../engine/engine.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { describes } from '../member/ownGroupInfo.js'
import { joinExternally } from '../member/joinExternally.js'
import { isRefusal } from '../transport/refused.js'
import { pendingOf, settlePending } from './commit.js'
import { updateGroup } from './groupRecord.js'
import { learnRequired } from './learnRequired.js'

const attemptsMax = 20

/**
 * Replaces this client's leaf, or adds one; no Commit is needed where the state at hand proves to be the group's. The group
 * counts as removed when the server will not have it.
 */
export const resync = async (engine: Engine, group: GroupId): Promise<void> => {
  await engine.locks.hold(`commit ${group}`, async () => {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (engine.groups.get(group)?.status === 'active') return
      if (!(await stageExternal(engine, group))) return
      if (await settlePending(engine, group)) return
    }
    throw new Error(`${attemptsMax} external Commits lost their epoch one after another`)
  })
  await learnRequired(engine, group)
}

/** False when there is no need, or no way in any more. */
const stageExternal = async (engine: Engine, group: GroupId): Promise<boolean> => {
  if (engine.groups.get(group)?.pending?.external !== undefined) return true
  const info = await groupInfoFor(engine, group)
  if (info === undefined) {
    updateGroup(engine, group, { status: 'removed', state: undefined, pending: undefined })
    engine.inbox.push({ type: 'removed', group, by: undefined })
    await engine.saver.flush()
    return false
  }
  const { state, stale } = engine.groups.get(group) ?? {}
  if (state !== undefined && stale === false && describes(info.groupInfo, state)) {
    updateGroup(engine, group, { status: 'active' })
    engine.inbox.push({ type: 'resynced', group })
    await engine.saver.flush()
    return false
  }
  const staged = await joinExternally({
    ...info,
    keyPackage: await newKeyPackage(engine),
    identity: leafIdentityOf(engine.account),
    check: engine.check,
  })
  if (staged.type === 'refused') throw new Error(`${group} cannot be had again: ${staged.detail}`)
  const kind = staged.resync ? 'resync' : 'join'
  const pending = await pendingOf({ ...staged, welcome: undefined, consumed: [] }, kind)
  await engine.locks.hold(group, async () => {
    updateGroup(engine, group, { pending })
    await engine.saver.flush()
  })
  return true
}

const groupInfoFor = async (
  engine: Engine,
  group: GroupId,
): Promise<{ readonly groupInfo: Uint8Array; readonly ratchetTree: Uint8Array | undefined } | undefined> => {
  try {
    return await engine.api.groups.groupInfo(group)
  } catch (error) {
    if (isRefusal(error, 'no-such-group', 'not-a-member', 'not-allowed', 'group-deleted')) return undefined
    throw error
  }
}
