/** The Delivery Service's routes, all of them. */
import { reject } from '../commands/rejection.js'
import { domainOf, parseGroupId } from '../mls/ids.js'
import type { Domain } from '../mls/ids.js'
import { commitRoutes } from './commits.js'
import { faultRoutes } from './faults.js'
import type { GroupDependencies } from './groupDependencies.js'
import { groupProfileRoutes } from './groupProfile.js'
import { groupRoleRoutes } from './groupRoles.js'
import { groupRoutes } from './groups.js'
import { groupStateRoutes } from './groupState.js'
import { messageRoutes } from './messages.js'
import { proposalRoutes } from './proposals.js'
import type { Route } from './route.js'

export const deliveryServiceRoutes = (deps: GroupDependencies): readonly Route[] =>
  [
    ...groupRoutes(deps),
    ...proposalRoutes(deps),
    ...commitRoutes(deps),
    ...messageRoutes(deps),
    ...groupStateRoutes(deps),
    ...groupRoleRoutes(deps),
    ...groupProfileRoutes(deps),
    ...faultRoutes(deps),
  ].map((route) => ownGroupsOnly(route, deps.domain))

/** Streams are named by the random part of an id, so another server's group must not reach ours by it. */
const ownGroupsOnly = (route: Route, domain: Domain): Route => ({
  ...route,
  handle: async (ask) => (isForeign(ask.params, domain) ? reject({ code: 'no-such-group' }) : route.handle(ask)),
})

const isForeign = (params: unknown, domain: Domain): boolean => {
  if (typeof params !== 'object' || params === null || !('group' in params)) return false
  const group = parseGroupId(String(params.group))
  return group !== undefined && domainOf(group) !== domain
}
