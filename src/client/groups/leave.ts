/** Leaving: the user's other clients are removed by Commit, then this one proposes its own removal for another to commit. */
import type { GroupId } from '../../mls/wire/ids.js'
import { digestOf } from '../crypto/digest.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { epochOf, ownLeafOf } from '../member/groupState.js'
import { proposeRemoval } from '../member/proposeRemoval.js'
import { isRefusal } from '../transport/refused.js'
import { activeRecord, commit, followPast } from './commit.js'
import { withDue } from './commitPending.js'
import { updateGroup } from './groupRecord.js'
import { membersIn } from './members.js'

const attemptsMax = 20

export const leave = async (engine: Engine, group: GroupId): Promise<void> => {
  const { user, client } = engine.account
  await commit(engine, group, async (state, record) => {
    const others = membersIn(state).filter((member) => member.user === user && member.client !== client)
    const remove = others.map(({ leafIndex }) => leafIndex)
    return remove.length === 0 ? undefined : withDue(state, record, { remove })
  })
  for (let attempt = 0; attempt < attemptsMax; attempt++) if (await proposeOwnRemoval(engine, group)) return
  throw new Error(`the epoch changed under a proposal ${attemptsMax} times`)
}

const proposeOwnRemoval = (engine: Engine, group: GroupId): Promise<boolean> =>
  engine.locks.hold(`commit ${group}`, async () => {
    await engine.drain()
    const { state } = activeRecord(engine, group)
    const { message } = await proposeRemoval(state, ownLeafOf(state))
    const digest = await digestOf(message)
    try {
      await engine.api.groups.propose(randomId(), group, message)
    } catch (error) {
      if (!isRefusal(error, 'wrong-epoch')) throw error
      await followPast(engine, group, epochOf(state))
      return false
    }
    await engine.locks.hold(group, async () => {
      const echoes = [...(engine.groups.get(group)?.echoes ?? []), digest]
      updateGroup(engine, group, { status: 'left', state: undefined, pending: undefined, outgoing: [], echoes })
      await engine.saver.flush()
    })
    return true
  })
