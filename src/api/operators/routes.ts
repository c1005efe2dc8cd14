/** All routes of the operators' door. */
import type { Streams } from '../../streams/streams.js'
import { actsRoute } from './acts.js'
import type { ActsDependencies } from './actsPage.js'
import { clockRoute } from './clock.js'
import type { OperatorRoute } from './door.js'
import { groupRoutes } from './groups.js'
import type { GroupsDependencies } from './groups.js'
import { invitationRoutes } from './invitations.js'
import type { InvitationDependencies } from './invitations.js'
import { keyRoutes } from './keys.js'
import type { KeysDependencies } from './keys.js'
import { limitRoutes } from './limits.js'
import type { PolicyDependencies } from './limits.js'
import { maintenanceRoutes } from './maintenance.js'
import { peerRoutes } from './peers.js'
import type { PeersDependencies } from './peers.js'
import { projectionRoutes } from './projections.js'
import type { ProjectionDependencies } from './projections.js'
import { registrationRoutes } from './registration.js'
import type { RegistrationDependencies } from './registration.js'
import { reportRoutes } from './reports.js'
import type { ReportsDependencies } from './reports.js'
import { statusRoute } from './status.js'
import type { Status } from './status.js'
import { storesRoute } from './stores.js'
import type { StoresDependencies } from './stores.js'
import { takedownRoutes } from './takedowns.js'
import { userActRoutes } from './userActs.js'
import { userListRoutes } from './users.js'
import type { PeopleDependencies } from './users.js'
import { tokenRoutes } from './tokens.js'
import type { TokenDependencies } from './tokens.js'

export type OperatorDependencies = ActsDependencies &
  TokenDependencies &
  RegistrationDependencies &
  Omit<GroupsDependencies, 'people'> & { readonly people: GroupsDependencies['people'] } & PeopleDependencies &
  ReportsDependencies &
  InvitationDependencies &
  StoresDependencies &
  KeysDependencies &
  PolicyDependencies &
  PeersDependencies &
  ProjectionDependencies & { readonly streams: Streams; readonly status: () => Promise<Status> }

export const operatorRoutes = (deps: OperatorDependencies): readonly OperatorRoute[] => [
  actsRoute(deps),
  statusRoute(deps.status),
  storesRoute(deps),
  clockRoute(deps.streams),
  ...takedownRoutes(deps),
  ...tokenRoutes(deps),
  ...registrationRoutes(deps),
  ...invitationRoutes(deps),
  ...limitRoutes(deps),
  ...maintenanceRoutes(deps),
  ...peerRoutes(deps),
  ...projectionRoutes(deps),
  ...reportRoutes(deps),
  ...keyRoutes(deps),
  ...userListRoutes(deps),
  ...userActRoutes(deps.streams),
  ...groupRoutes(deps),
]
