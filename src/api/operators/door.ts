/** The operators' door: its tokens, and the routes that are for them; no page of another origin may ask here. */
import type { Rejected } from '../../streams/rejection.js'
import { byBearerToken } from '../http/door.js'
import type { Anonymous, Door } from '../http/door.js'
import { routeOf } from '../http/route.js'
import type { RouteOf } from '../http/route.js'
import type { OperatorPrincipal } from '../principal.js'

type Principals = { readonly anonymous: Anonymous; readonly operator: OperatorPrincipal }
type Principal = Principals[keyof Principals]

/** Operators have no budgets: whoever has the token has the server. */
export const operatorDoor = (
  authenticate: (token: string) => Promise<OperatorPrincipal | Rejected>,
): Door<keyof Principals, Principal> => ({
  identify: byBearerToken(authenticate),
  admits: (access, { kind }) => access === kind,
  nameOf: (principal, proof) => (principal.kind === 'operator' ? `operator ${principal.token}` : `anonymous ${proof}`),
})

export type OperatorRoute = RouteOf<Principals>
export const operatorRoute = routeOf<Principals>()
