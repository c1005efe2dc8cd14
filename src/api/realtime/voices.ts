/** Who speaks on a websocket: each principal by its newest token, asked about again until one no longer holds. */
import type { Rejected } from '../../streams/rejection.js'
import { principalName } from '../principal.js'
import type { ClientPrincipal, Principal } from '../principal.js'

/** A token that holds, and whom it stands for. */
export type Voice = { readonly token: string; readonly principal: Principal }

export type Voices = {
  /** Lets a token speak whose principal is known already. */
  readonly greet: (voice: Voice) => void
  /** Whom the token stands for; it speaks from now on. */
  readonly hear: (token: string) => Promise<Principal | Rejected>
  readonly isAnybody: () => boolean
  /** The client that speaks, if one does: the one that can send. */
  readonly client: () => ClientPrincipal | undefined
  /** Asks again about every token; the first that no longer holds, if any. */
  readonly renew: () => Promise<Rejected | undefined>
}

export const makeVoices = (authenticate: (token: string) => Promise<Principal | Rejected>): Voices => {
  const voices = new Map<string, Voice>()

  const greet = (voice: Voice): void => {
    voices.set(principalName(voice.principal, ''), voice)
  }

  return {
    greet,
    hear: async (token) => {
      const principal = await authenticate(token)
      if (!('rejected' in principal)) greet({ token, principal })
      return principal
    },
    isAnybody: () => voices.size > 0,
    client: () => {
      for (const { principal } of voices.values()) if (principal.kind === 'client') return principal
      return undefined
    },
    renew: async () => {
      for (const [name, { token }] of voices) {
        const now = await authenticate(token)
        // A newer token may have come while this one was asked about.
        if ('rejected' in now && voices.get(name)?.token === token) return now
      }
      return undefined
    },
  }
}
