/** The routes by which a user invites others to its homeserver. */
import type { Caller } from './caller.js'

/** `hash`: what it is called once its token was shown. `made`, `expires`: ms since 1970. */
export type OwnInvitation = {
  readonly hash: string
  readonly made: number
  readonly expires: number
  readonly status: 'open' | 'used' | 'expired' | 'revoked'
}

/** `invitation`: absent where the server had made it before and told it then. */
type Made = { readonly invitation?: string; readonly hash: string; readonly expires: number }
type Page = { readonly invitations: readonly OwnInvitation[]; readonly next?: string }

const path = '/v1/invitations'

export const invitationsApi = ({ get, command }: Caller) => ({
  make: async (idempotencyKey: string, expires?: number) =>
    (await command('POST', path, idempotencyKey, expires === undefined ? {} : { expires })) as unknown as Made,
  /** All of them. */
  list: async (): Promise<readonly OwnInvitation[]> => {
    const found: OwnInvitation[] = []
    for (let query = ''; ;) {
      const { invitations, next } = (await get(path + query)) as unknown as Page
      found.push(...invitations)
      if (next === undefined) return found
      query = `?before=${encodeURIComponent(next)}`
    }
  },
  revoke: (idempotencyKey: string, hash: string) =>
    command('DELETE', `${path}/${encodeURIComponent(hash)}`, idempotencyKey),
})
