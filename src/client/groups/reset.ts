/** Giving a wedged group up for a fresh one with the same people: on the server's record, and nobody's secrets carried over. */
import type { GroupId } from '../../mls/ids.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { finishCreation, prepareGroup } from './create.js'
import { invite } from './invite.js'

/** Admins only. The members are as the server has them: our own state of the old group may be what is wedged. */
export const resetGroup = async (engine: Engine, group: GroupId): Promise<GroupId> => {
  const { members } = await engine.api.group(group)
  const successor = await prepareGroup(engine)
  await engine.api.resetGroup(randomId(), group, successor)
  await finishCreation(engine, successor)
  await invite(
    engine,
    successor,
    members.map(({ user }) => user),
  )
  return successor
}
