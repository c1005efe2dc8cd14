/** The recovery key of a user: it lets in one new client after the last device is gone, and is spent by that. */
import type { UserEvent, VouchedKey } from '../../events/user.js'
import type { ClientId, QueueId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import { approves, clientOf, isDisabled, notApproved } from './user.js'
import type { Approval, UserState } from './user.js'

export type SetRecoveryKey = {
  /** Ed25519, base64url. */
  readonly publicKey: string
  /** SHA-256 of what finds it, base64url. */
  readonly locatorHash: string
  readonly approval: Approval
}

export const setRecoveryKey: Decider<SetRecoveryKey, UserState, UserEvent> =
  ({ publicKey, locatorHash, approval }) =>
  (state) => {
    if (state.status !== 'active') return reject({ code: 'no-such-user' })
    if (!approves(state, approval)) return reject(notApproved)
    const data = { user: state.user, publicKey, locatorHash, by: approval.by, approval: approval.jws }
    return accept({ type: 'RecoveryKeySet', data })
  }

export type RecoverClient = {
  readonly client: ClientId
  readonly directQueue: QueueId
  readonly key: VouchedKey
  /** What approved it, as it was verified. */
  readonly recoveryKey: string
  readonly locatorHash: string
  readonly approval: string
  readonly clientsPerUserMax: number
}

/** Of many at once the first to stand in the user's stream wins; the key is none for the others. */
export const recoverClient: Decider<RecoverClient, UserState, UserEvent> =
  ({ clientsPerUserMax: max, locatorHash, ...made }) =>
  (state) => {
    if (state.status !== 'active') return reject(notRecovered)
    const { recovery } = state
    if (recovery?.publicKey !== made.recoveryKey || recovery.locatorHash !== locatorHash) return reject(notRecovered)
    if (isDisabled(state)) return reject({ code: 'user-disabled' })
    if (clientOf(state, made.client) !== undefined || state.removed.includes(made.client)) {
      return reject({ code: 'already-exists', what: 'client' })
    }
    // One more than there may be: all of them may be lost, and only the new one can remove them.
    if (state.clients.length > max) return reject({ code: 'limit-reached', limit: 'clientsPerUserMax', max })
    return accept({ type: 'RecoveryKeyUsed', data: { user: state.user, ...made } })
  }

/** One answer whatever was wrong: nobody learns whether there is a key, a user, or a wrong passphrase. */
export const notRecovered = { code: 'not-allowed', capability: 'recover' } as const
