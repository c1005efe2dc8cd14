/** Whether somebody of ours is in a followed group: else the hub has nothing to say to us but that somebody is again. */
import { followedIn } from '../../commands/group/followed/following.js'
import type { Group } from '../../commands/group/fold/state.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'

export const isHere = (state: Group, domain: Domain): boolean => {
  const followed = followedIn(state)
  return !('rejected' in followed) && [...followed.leaves.values()].some(({ client }) => domainOf(client) === domain)
}
