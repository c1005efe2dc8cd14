/** The Delivery Service's routes, all of them. */
import { commitRoutes } from './commits.js'
import { faultRoutes } from './faults.js'
import type { GroupDependencies } from './groupDependencies.js'
import { groupProfileRoutes } from './groupProfile.js'
import { groupRoleRoutes } from './groupRoles.js'
import { groupRoutes } from './groups.js'
import { groupStateRoutes } from './groupState.js'
import { messageRoutes } from './messages.js'
import { ownIdsOnly } from '../http/ownIds.js'
import { proposalRoutes } from './proposals.js'
import type { Route } from '../http/route.js'

export const deliveryServiceRoutes = (deps: GroupDependencies): readonly Route[] =>
  ownIdsOnly(
    [
      ...groupRoutes(deps),
      ...proposalRoutes(deps),
      ...commitRoutes(deps),
      ...messageRoutes(deps),
      ...groupStateRoutes(deps),
      ...groupRoleRoutes(deps),
      ...groupProfileRoutes(deps),
      ...faultRoutes(deps),
    ],
    deps.domain,
    ['group'],
  )
