/** One's own profile told to the members of a group: in messages that the application does not see. */
import type { GroupId } from '../../../mls/wire/ids.js'
import { encodeShare } from '../../account/profiles.js'
import type { Engine } from '../../engine/engine.js'
import { updateGroup } from '../groupRecord.js'
import { send, silently } from '../sending/send.js'
import { userProfileMark } from './toldProfile.js'

/**
 * Tells it where somebody may not have heard. To be called before anything else is said, so that whoever reads that knows by
 * whom it is; those who say nothing tell nothing, so that an addition to a big group is not answered by all of it.
 */
export const tellOwnProfile = async (engine: Engine, group: GroupId): Promise<void> => {
  const share = engine.profiles.of(engine.account.user)
  if (share === undefined || engine.groups.get(group)?.ownProfile === 'told') return
  // Before it is sent: whoever comes in meanwhile makes it due again.
  updateGroup(engine, group, { ownProfile: 'told' })
  try {
    await send(engine, group, silently(encodeShare(share), userProfileMark))
  } catch (error) {
    updateGroup(engine, group, { ownProfile: 'withNext' })
    throw error
  }
}
