/** Giving a wedged group up for a fresh one with the same people: on the server's record, and nobody's secrets carried over. */
import type { GroupId } from '../../mls/wire/ids.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { isRefusal } from '../transport/refused.js'
import { Untrusted } from '../trust/untrusted.js'
import { finishCreation, prepareGroup } from './create.js'
import { updateGroup } from './groupRecord.js'
import { addGuests, claimFor, type Guest } from './invite.js'

/** Admins only. The members are as the server has them: our own state of the old group may be what is wedged. */
export const resetGroup = async (engine: Engine, group: GroupId): Promise<GroupId> => {
  const { members } = await engine.api.groups.view(group)
  const users = members.map(({ user }) => user)
  const successor = await prepareGroup(engine, { group, idempotencyKey: randomId(), users })
  await finishCreation(engine, successor)
  await admitGuests(engine, successor)
  return successor
}

/** Adds who was in the replaced group, now or after a restart. One who cannot be had does not keep out the others. */
export const admitGuests = async (engine: Engine, group: GroupId): Promise<void> => {
  const guests: Guest[] = []
  for (const user of engine.groups.get(group)?.guests ?? []) {
    try {
      guests.push(...(await claimFor(engine, user, group)).guests)
    } catch (error) {
      if (!isRefusal(error) && !(error instanceof Untrusted)) throw error
    }
  }
  await addGuests(engine, group, guests)
  updateGroup(engine, group, { guests: [] })
  await engine.saver.flush()
}
