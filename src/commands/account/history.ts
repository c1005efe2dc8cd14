/** A client offers another one of its user what was said before that one came: opaque to the server, which passes it on. */
import type { UserEvent } from '../../events/user.js'
import type { ClientId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import { clientOf } from './user.js'
import type { UserState } from './user.js'

export type OfferHistory = {
  readonly by: ClientId
  readonly client: ClientId
  /** Sealed to that client, base64url. */
  readonly offer: string
}

export const offerHistory: Decider<OfferHistory, UserState, UserEvent> =
  ({ by, client, offer }) =>
  (state) => {
    if (state.status !== 'active') return reject({ code: 'no-such-user' })
    if (client === by || clientOf(state, client) === undefined) return reject({ code: 'no-such-client' })
    return accept({ type: 'HistoryOffered', data: { user: state.user, client, by, offer } })
  }
