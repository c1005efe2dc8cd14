/** The clients' door: bearer tokens of clients, queues and operators, and the routes that are for them. */
import type { Rejected } from '../streams/rejection.js'
import { byBearerToken } from './http/door.js'
import type { Door } from './http/door.js'
import { routeOf } from './http/route.js'
import type { RouteOf } from './http/route.js'
import { payerOf, principalName } from './principal.js'
import type { Principal, Principals } from './principal.js'

export const clientDoor = (
  authenticate: (token: string) => Promise<Principal | Rejected>,
): Door<keyof Principals, Principal> => ({
  identify: byBearerToken(authenticate),
  admits: (access, { kind }) => (access === 'any' ? kind === 'client' || kind === 'queue' : kind === access),
  payerOf,
  nameOf: principalName,
})

export type Route = RouteOf<Principals>
export const route = routeOf<Principals>()
