/** A new group: its id reserved, its state saved, the server told; taken up again where a crash left it. */
import { leafIdentityOf } from '../account/account.js'
import { newKeyPackage } from '../account/keyPackages.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { type GroupId, groupIdBytes } from '../../mls/wire/ids.js'
import { createGroup as createMlsGroup } from '../member/createOwnGroup.js'
import { groupInfoOf } from '../member/ownGroupInfo.js'
import { isRefusal } from '../transport/refused.js'
import { type Replaced, updateGroup } from './groupRecord.js'

export const createGroup = async (engine: Engine): Promise<GroupId> => {
  const group = await prepareGroup(engine)
  await finishCreation(engine, group)
  return group
}

/** Reserves an id and saves the state of a group that the server has yet to hear of, and what it stands in for. */
export const prepareGroup = async (engine: Engine, replaces?: Replaced): Promise<GroupId> => {
  const group = await engine.api.groups.reserve(randomId())
  const state = await createMlsGroup({
    groupId: groupIdBytes(group),
    identity: leafIdentityOf(engine.account),
    keyPackage: await newKeyPackage(engine),
    check: engine.check,
  })
  const groupInfo = await groupInfoOf(state, { ratchetTree: true })
  updateGroup(engine, group, {
    status: 'creating',
    state,
    creation: { idempotencyKey: randomId(), groupInfo, replaces },
    guests: replaces?.users ?? [],
  })
  await engine.saver.flush()
  return group
}

/** A reservation that ran out meanwhile leaves no group behind. */
export const finishCreation = async (engine: Engine, group: GroupId): Promise<void> => {
  const creation = engine.groups.get(group)?.creation
  if (creation === undefined) return
  try {
    if (creation.replaces !== undefined) await giveUp(engine, creation.replaces, group)
    await engine.api.groups.create(creation.idempotencyKey, group, creation.groupInfo)
  } catch (error) {
    if (isRefusal(error))
      updateGroup(engine, group, { status: 'deleted', state: undefined, creation: undefined, guests: [] })
    throw error
  }
  updateGroup(engine, group, { status: 'active', creation: undefined })
  await engine.saver.flush()
}

/** Done already is done: an answer may have been lost for longer than the server keeps keys. */
const giveUp = async (engine: Engine, { group, idempotencyKey }: Replaced, successor: GroupId): Promise<void> => {
  try {
    await engine.api.groups.reset(idempotencyKey, group, successor)
  } catch (error) {
    if (!isRefusal(error, 'group-deleted') || error.problem.successor !== successor) throw error
  }
}
