/** The operators' door: its tokens, and the routes that are for them; no page of another origin may ask here. */
import { reaches } from '../../events/operatorRole.js'
import type { OperatorRole } from '../../events/operatorRole.js'
import type { Callers } from '../http/address/callers.js'
import { byBearerToken } from '../http/door.js'
import type { Anonymous, Door } from '../http/door.js'
import { routeOf } from '../http/route.js'
import type { RouteOf } from '../http/route.js'
import type { AuthenticateOperator } from '../tokens/operatorAuthentication.js'
import type { OperatorPrincipal } from '../tokens/operatorToken.js'

/** By the least role that may ask. */
type Principals = { readonly anonymous: Anonymous } & { readonly [Role in OperatorRole]: OperatorPrincipal }
type Principal = Principals[keyof Principals]

/** Operators have no budgets but that of guesses: what they do is on record. */
export const operatorDoor = (
  authenticate: AuthenticateOperator,
  { addressOf }: Pick<Callers, 'addressOf'>,
): Door<keyof Principals, Principal> => ({
  identify: byBearerToken((token, request) => authenticate(token, addressOf(request))),
  admits: (access, principal) =>
    access !== 'anonymous' && principal.kind === 'operator' && reaches(principal.role, access),
  nameOf: (principal, proof) => (principal.kind === 'operator' ? `operator ${principal.token}` : `anonymous ${proof}`),
})

export type OperatorRoute = RouteOf<Principals>
export const operatorRoute = routeOf<Principals>()
