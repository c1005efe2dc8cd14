/** The Authentication Service's routes and those of KeyPackages, all of them. */
import { authorityRoutes } from './authority.js'
import type { AuthorityRoutesDependencies } from './authority.js'
import type { Authentication } from '../tokens/authentication.js'
import { clientRoutes } from './clients.js'
import type { ClientRoutesDependencies } from './clients.js'
import { contactRoutes } from './contacts.js'
import type { ContactRoutesDependencies } from './contacts.js'
import { directoryRoutes } from './directory.js'
import { keyPackageRoutes } from '../keyPackages/keyPackages.js'
import type { KeyPackageDependencies } from '../keyPackages/keyPackages.js'
import { ownIdsOnly } from '../http/ownIds.js'
import type { Route } from '../http/route.js'
import { tokenRoutes } from '../tokens/tokens.js'
import { userRoutes } from './users.js'
import type { UserRoutesDependencies } from './users.js'

export type AuthenticationServiceDependencies = UserRoutesDependencies &
  ClientRoutesDependencies &
  KeyPackageDependencies &
  Omit<ContactRoutesDependencies, 'domain'> &
  AuthorityRoutesDependencies & { readonly authentication: Authentication }

export const authenticationServiceRoutes = (deps: AuthenticationServiceDependencies): readonly Route[] => [
  ...userRoutes(deps),
  ...ownIdsOnly(clientRoutes(deps), deps.authority.domain, ['user', 'client']),
  ...tokenRoutes(deps),
  ...authorityRoutes(deps),
  ...directoryRoutes({ ...deps, handleKey: deps.keys.server.handleKey }),
  ...contactRoutes({ ...deps, domain: deps.authority.domain }),
  ...ownIdsOnly(keyPackageRoutes(deps), deps.authority.domain, ['user', 'client']),
]
