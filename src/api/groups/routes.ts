/** All routes of groups: the Delivery Service of this server. */
import { commitRoutes } from './commits.js'
import { faultRoutes } from './faults.js'
import type { GroupDependencies } from './groupDependencies.js'
import { groupProfileRoutes } from './groupProfile.js'
import { groupRoleRoutes } from './groupRoles.js'
import { creationRoutes, groupRoutes } from './groups.js'
import { groupStateRoutes } from './groupState.js'
import { messageRoutes } from './messages.js'
import { recordedHere } from '../elsewhere/recordedHere.js'
import { ownGroupRoutes } from './ownGroups.js'
import { proposalRoutes } from './proposals.js'
import { signalRoutes } from './signals.js'
import type { Route } from '../door.js'

export const allGroupRoutes = (deps: GroupDependencies): readonly Route[] => [
  ...creationRoutes(deps),
  ...ownGroupRoutes(deps),
  // What another server decides is sent there.
  ...proposalRoutes(deps),
  ...commitRoutes(deps),
  ...messageRoutes(deps),
  ...signalRoutes(deps),
  ...recordedHere(
    [
      ...groupRoutes(deps),
      ...groupStateRoutes(deps),
      ...groupRoleRoutes(deps),
      ...groupProfileRoutes(deps),
      ...faultRoutes(deps),
    ],
    deps,
  ),
]
