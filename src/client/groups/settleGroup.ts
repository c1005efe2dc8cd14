/** What a client does for its groups unasked: commits what waits, has again what was lost, resends what was left. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import { isRefusal } from '../transport/refused.js'
import { settlePending } from './commit.js'
import { commitPending, dueIn } from './commitPending.js'
import { postLeave } from './leave.js'
import { LogChanged } from './logChanged.js'
import { tellUnconfirmed } from './sending/unconfirmed.js'
import { finishCreation } from './create.js'
import { renewOwnLeaf } from './ownLeaf.js'
import { admitGuests } from './reset.js'
import { freshen } from './restoredCopy.js'
import { resync } from './resync.js'
import { resend } from './sending/send.js'
import { tellOwnProfile } from './profiles/tellProfile.js'

export const settleGroup = async (engine: Engine, group: GroupId): Promise<void> => {
  const record = engine.groups.get(group)
  if (record === undefined) return
  if (record.status === 'creating') await finishCreation(engine, group)
  if (record.guests.length > 0) await admitGuests(engine, group)
  if (record.status === 'lost') {
    // What the state at hand can still read is read before it is given up for another.
    await engine.drain()
    await resync(engine, group)
    await sendLeft(engine, group)
  }
  await freshen(engine, group)
  await renewOwnLeaf(engine, group)
  await tellUnconfirmed(engine, group)
  if (record.status !== 'active' || record.state === undefined) return
  const { covers, remove } = dueIn(record.state, record)
  if (covers.length + remove.length > 0) await commitPending(engine, group)
  if (engine.groups.get(group)?.ownProfile === 'soon') await tellOwnProfile(engine, group)
}

/** After a restart: what was on its way when the client stopped, first. */
export const resumeGroup = async (engine: Engine, group: GroupId): Promise<void> => {
  const left = engine.groups.get(group)
  if (left === undefined) return
  // Another log would take what was meant for the one before: the queue is read first, and tells.
  if (left.outgoing.length > 0 || left.pending !== undefined || left.leave !== undefined) await engine.drain()
  const record = engine.groups.get(group)
  if (record?.status === 'active') {
    if (record.pending !== undefined)
      await engine.locks.hold(`commit ${group}`, () => settlePending(engine, group)).catch(unlessRefused)
    if (record.leave !== undefined)
      await engine.locks.hold(`commit ${group}`, () => postLeave(engine, group)).catch(unlessRefused)
    await sendLeft(engine, group)
  }
  await settleGroup(engine, group)
}

const sendLeft = (engine: Engine, group: GroupId): Promise<void> =>
  engine.locks.hold(`send ${group}`, () => resend(engine, group)).catch(unlessRefused)

const unlessRefused = (error: unknown): void => {
  if (!isRefusal(error) && !(error instanceof LogChanged)) throw error
}
