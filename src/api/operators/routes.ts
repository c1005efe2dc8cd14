/** All routes of the operators' door. */
import type { Streams } from '../../streams/streams.js'
import { actsRoute } from './acts.js'
import type { ActsDependencies } from './actsPage.js'
import { clockRoute } from './clock.js'
import type { OperatorRoute } from './door.js'
import { invitationRoutes } from './invitations.js'
import type { InvitationDependencies } from './invitations.js'
import { projectionRoutes } from './projections.js'
import type { ProjectionDependencies } from './projections.js'
import { registrationRoutes } from './registration.js'
import type { RegistrationDependencies } from './registration.js'
import { statusRoute } from './status.js'
import type { Status } from './status.js'
import { takedownRoutes } from './takedowns.js'
import { tokenRoutes } from './tokens.js'
import type { TokenDependencies } from './tokens.js'

export type OperatorDependencies = ActsDependencies &
  TokenDependencies &
  RegistrationDependencies &
  InvitationDependencies &
  ProjectionDependencies & { readonly streams: Streams; readonly status: () => Promise<Status> }

export const operatorRoutes = (deps: OperatorDependencies): readonly OperatorRoute[] => [
  actsRoute(deps),
  statusRoute(deps.status),
  clockRoute(deps.streams),
  ...takedownRoutes(deps),
  ...tokenRoutes(deps),
  ...registrationRoutes(deps),
  ...invitationRoutes(deps),
  ...projectionRoutes(deps),
]
