/** All routes of groups: the Delivery Service of this server. */
import { commitRoutes } from './commits.js'
import { faultRoutes } from './faults.js'
import type { GroupDependencies } from './groupDependencies.js'
import { groupProfileRoutes } from './groupProfile.js'
import { groupRoleRoutes } from './groupRoles.js'
import { creationRoutes, groupRoutes } from './groups.js'
import { groupStateRoutes } from './groupState.js'
import { messageRoutes } from './messages.js'
import { refuseForeignIds } from '../http/request/foreignIds.js'
import { ownGroupRoutes } from './ownGroups.js'
import { proposalRoutes } from './proposals.js'
import { signalRoutes } from './signals.js'
import type { Route } from '../door.js'

export const allGroupRoutes = (deps: GroupDependencies): readonly Route[] => [
  ...creationRoutes(deps),
  ...ownGroupRoutes(deps),
  ...refuseForeignIds(
    [
      ...groupRoutes(deps),
      ...proposalRoutes(deps),
      ...commitRoutes(deps),
      ...messageRoutes(deps),
      ...signalRoutes(deps),
      ...groupStateRoutes(deps),
      ...groupRoleRoutes(deps),
      ...groupProfileRoutes(deps),
      ...faultRoutes(deps),
    ],
    deps.domain,
    ['group'],
  ),
]
