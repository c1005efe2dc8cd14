/** Who is asking, once the token was read. */
import type { ClientId, QueueId, UserId } from '../../mls/wire/ids.js'

export type ClientPrincipal = { readonly kind: 'client'; readonly user: UserId; readonly client: ClientId }
export type QueuePrincipal = { readonly kind: 'queue'; readonly queue: QueueId }
export type Principal =
  ClientPrincipal | QueuePrincipal | { readonly kind: 'operator' } | { readonly kind: 'anonymous' }

/** The name a command id is scoped to. `address` stands for the anonymous. */
export const principalName = (principal: Principal, address: string): string => {
  switch (principal.kind) {
    case 'client':
      return principal.client
    case 'queue':
      return principal.queue
    case 'operator':
      return 'operator'
    case 'anonymous':
      return `address ${address}`
  }
}
