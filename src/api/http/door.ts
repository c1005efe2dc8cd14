/** One front door: who may ask there, how it knows them, and whose commands are whose. */
import type { IncomingMessage } from 'node:http'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Payer } from './budgets/budgets.js'
import { bearerTokenIn } from './request/bearer.js'

/** Whoever asks, once it is known who that is. Every door has the anonymous, for routes that are for everyone. */
export type AnyPrincipal = { readonly kind: string }
export type Anonymous = { readonly kind: 'anonymous' }

/** `Access`: the words that the door's routes have for whom they are for; `Principal`: whom it knows. */
export type Door<Access extends string = string, Principal extends AnyPrincipal = AnyPrincipal> = {
  /** Who asks, of a route that is not for everyone. Throws what the stores throw. */
  readonly identify: (request: IncomingMessage) => Promise<Principal | Rejected>
  /** Whether routes of this access are for such a principal. */
  readonly admits: (access: Access, principal: Principal) => boolean
  /** Whose budgets it is counted in; undefined: nobody's. A door without budgets leaves it out. */
  readonly payerOf?: (principal: Principal) => Payer | undefined
  /** The name that command ids are scoped to. `proof` stands for the anonymous: what the body proves, else the address. */
  readonly nameOf: (principal: Principal, proof: string) => string
  /** Why a body is not what whoever asks said it would be, where it said so before it came: asked before it is read any further. */
  readonly refusesBody?: (request: IncomingMessage, body: Uint8Array) => Rejected | undefined
}

/** Knows who asks by the bearer token of the request. */
export const byBearerToken =
  <Principal>(authenticate: (token: string, request: IncomingMessage) => Promise<Principal | Rejected>) =>
  async (request: IncomingMessage): Promise<Principal | Rejected> => {
    const token = bearerTokenIn(request.headers.authorization)
    if (token !== undefined) return authenticate(token, request)
    return reject({ code: 'not-authenticated', detail: 'send Authorization: Bearer <token>' })
  }
