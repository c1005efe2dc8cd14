/** Who is asking at the clients' door, once the token was read. */
import type { Payer } from './http/budgets/budgets.js'
import type { Anonymous } from './http/door.js'
import type { ClientId, QueueId, UserId } from '../mls/wire/ids.js'

export type ClientPrincipal = { readonly kind: 'client'; readonly user: UserId; readonly client: ClientId }
export type QueuePrincipal = { readonly kind: 'queue'; readonly queue: QueueId }
/** By the `access` of a route: whose token opens it. 'any' takes a client's or a queue's. */
export type Principals = {
  readonly anonymous: Anonymous
  readonly client: ClientPrincipal
  readonly queue: QueuePrincipal
  readonly any: ClientPrincipal | QueuePrincipal
}

export type Principal = Principals[keyof Principals]

/** Whose budgets it is counted in. A queue has its own: nothing joins it to a client. */
export const payerOf = (principal: Principal): Payer | undefined => {
  switch (principal.kind) {
    case 'client':
      return principal
    case 'queue':
      return { client: principal.queue, user: principal.queue }
    case 'anonymous':
      return undefined
  }
}

/** The name a command id is scoped to. `proof` stands for the anonymous. */
export const principalName = (principal: Principal, proof: string): string => {
  switch (principal.kind) {
    case 'client':
      return principal.client
    case 'queue':
      return principal.queue
    case 'anonymous':
      return `anonymous ${proof}`
  }
}
