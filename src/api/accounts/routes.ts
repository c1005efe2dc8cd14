/** The routes of accounts: users, their clients, how they find each other, and what vouches for them. */
import { refuseForeignIds } from '../http/request/foreignIds.js'
import type { Route } from '../door.js'
import { authorityRoutes } from './authority.js'
import type { AuthorityRoutesDependencies } from './authority.js'
import { clientRoutes } from './clients.js'
import type { ClientRoutesDependencies } from './clients.js'
import { clientsOfUserRoute } from './clientsOfUser.js'
import { contactRoutes } from './contacts.js'
import type { ContactRoutesDependencies } from './contacts.js'
import { directoryRoutes } from './directory.js'
import { historyRoutes } from './history.js'
import { recoveryRoutes } from './recovery.js'
import type { RecoveryRoutesDependencies } from './recovery.js'
import { invitationRoutes } from './invitations.js'
import { userProfileRoutes } from './profile.js'
import type { UserProfileDependencies } from './profile.js'
import { userRoutes } from './users.js'
import type { UserRoutesDependencies } from './users.js'

export type AccountRoutesDependencies = UserRoutesDependencies &
  Omit<UserProfileDependencies, 'domain'> &
  RecoveryRoutesDependencies &
  ClientRoutesDependencies &
  Omit<ContactRoutesDependencies, 'domain'> &
  AuthorityRoutesDependencies

export const accountRoutes = (deps: AccountRoutesDependencies): readonly Route[] => [
  ...userRoutes(deps),
  ...invitationRoutes(deps),
  ...userProfileRoutes({ ...deps, domain: deps.authority.domain }),
  ...refuseForeignIds(clientRoutes(deps), deps.authority.domain, ['user', 'client']),
  clientsOfUserRoute({ ...deps, domain: deps.authority.domain }),
  ...refuseForeignIds(historyRoutes(deps), deps.authority.domain, ['client']),
  ...recoveryRoutes(deps),
  ...authorityRoutes(deps),
  ...directoryRoutes({ ...deps, domain: deps.authority.domain, handleKey: deps.keys.server.handleKey }),
  ...contactRoutes({ ...deps, domain: deps.authority.domain }),
]
