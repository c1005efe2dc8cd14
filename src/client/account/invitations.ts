/** Inviting others to the homeserver, where its operator lets users do so. */
import type { OwnInvitation } from '../api/invitations.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'

export type NewInvitation = {
  /** For whoever is invited: `createAccount({ invitation })`. The server tells it this once. */
  readonly invitation: string
  readonly hash: string
  /** ms since 1970. */
  readonly expires: number
}

export type Invitations = {
  /**
   * Lets one registration in, until `expires` (ms since 1970; a week where it is left out). Refused with `not-allowed` where users
   * invite nobody, and with `limit-reached` beyond what they may.
   */
  readonly make: (options?: { readonly expires?: number }) => Promise<NewInvitation>
  /** The newest first. Nobody is told who came by one. */
  readonly list: () => Promise<readonly OwnInvitation[]>
  readonly revoke: (hash: string) => Promise<void>
}

export const invitationsOf = ({ api }: Pick<Engine, 'api'>): Invitations => ({
  make: async ({ expires } = {}) => {
    const { invitation, hash, expires: until } = await api.invitations.make(randomId(), expires)
    if (invitation !== undefined) return { invitation, hash, expires: until }
    // The answer that had it was lost, and it is nobody's: another takes its place.
    await api.invitations.revoke(randomId(), hash)
    return invitationsOf({ api }).make(expires === undefined ? {} : { expires })
  },
  list: () => api.invitations.list(),
  revoke: async (hash) => {
    await api.invitations.revoke(randomId(), hash)
  },
})
