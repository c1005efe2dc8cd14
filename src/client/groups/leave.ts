/** Leaving: the user's other clients are removed by Commit, then this one proposes its own removal for another to commit. */
import type { GroupId } from '../../mls/wire/ids.js'
import { digestOf } from '../crypto/digest.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { epochOf, ownLeafOf } from '../member/groupState.js'
import { proposeRemoval } from '../member/proposeRemoval.js'
import { isRefusal } from '../transport/refused.js'
import { wait } from '../transport/wait.js'
import { activeRecord, commit, followPast } from './commit.js'
import { withDue } from './commitPending.js'
import { updateGroup } from './groupRecord.js'
import { membersIn } from './members.js'

const attemptsMax = 20

/** What the server accepted before the leave is read first; where that takes long, with the next look at the queue. */
export const leave = async (engine: Engine, group: GroupId): Promise<void> => {
  const { user, client } = engine.account
  await commit(engine, group, async (state, record) => {
    const others = membersIn(state).filter((member) => member.user === user && member.client !== client)
    const remove = others.map(({ leafIndex }) => leafIndex)
    return remove.length === 0 ? undefined : withDue(state, record, { remove })
  })
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (!(await proposeOwnRemoval(engine, group))) continue
    await readOn(engine, group)
    return
  }
  throw new Error(`the epoch changed under a proposal ${attemptsMax} times`)
}

const proposeOwnRemoval = (engine: Engine, group: GroupId): Promise<boolean> =>
  engine.locks.hold(`commit ${group}`, async () => {
    await engine.drain()
    await prepareLeave(engine, group)
    return postLeave(engine, group)
  })

/** Saved before it is posted: it may come back by the queue sooner than the answer does, and a crash may come first. */
const prepareLeave = (engine: Engine, group: GroupId): Promise<void> =>
  engine.locks.hold(group, async () => {
    const { state, echoes } = activeRecord(engine, group)
    const { message } = await proposeRemoval(state, ownLeafOf(state))
    const digest = await digestOf(message)
    updateGroup(engine, group, {
      leave: { idempotencyKey: randomId(), message, digest },
      echoes: [...echoes, digest],
    })
    await engine.saver.flush()
  })

/** Posts the leave that was prepared; again after a crash. False when its epoch is over. */
export const postLeave = async (engine: Engine, group: GroupId): Promise<boolean> => {
  const { leave: prepared, state } = engine.groups.get(group) ?? {}
  if (prepared === undefined) return true
  try {
    await engine.api.groups.propose(prepared.idempotencyKey, group, prepared.message)
  } catch (error) {
    if (!isRefusal(error)) throw error
    await dropLeave(engine, group)
    if (error.code !== 'wrong-epoch') throw error
    if (state !== undefined) await followPast(engine, group, epochOf(state))
    return false
  }
  await engine.locks.hold(group, async () => {
    const isIn = engine.groups.get(group)?.status === 'active'
    updateGroup(engine, group, {
      leave: undefined,
      ...(isIn ? { status: 'leaving' as const, pending: undefined } : {}),
    })
    await engine.saver.flush()
  })
  return true
}

const dropLeave = (engine: Engine, group: GroupId): Promise<void> =>
  engine.locks.hold(group, () => {
    updateGroup(engine, group, { leave: undefined })
    return engine.saver.flush()
  })

const readOnMs = 30_000

/** Until the leave has come back: the read model may be a moment behind what was accepted. */
const readOn = async (engine: Engine, group: GroupId): Promise<void> => {
  const deadline = Date.now() + readOnMs
  for (let attempt = 0; engine.groups.get(group)?.status === 'leaving' && Date.now() < deadline; attempt++) {
    await engine.drain()
    if (attempt > 0) await wait(Math.min(10 * 2 ** attempt, 500), engine.signal)
  }
}
