/** A message of a client of ours for a group whose hub is elsewhere. */
import type { By } from '../../commands/group/access.js'
import { refuseForwardedMessage } from '../../commands/group/followed/forwarding.js'
import type { Claimed, MessageHeader } from '../../commands/group/messages.js'
import type { ProblemCode } from '../../contract/problems.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { Elsewhere, TakenElsewhere } from './elsewhere.js'
import { rejectionOfHub } from './hubRefusal.js'
import { isBehind, recordOf } from './recordOf.js'
import { winnerSoon } from './winnerSoon.js'

export type ForwardedMessage = {
  readonly group: GroupId
  readonly message: Uint8Array
  readonly header: MessageHeader & Claimed
  readonly targets: readonly number[] | undefined
}

/** Throws PeerAway, PeerNotAsked, and what the store throws. */
export type ForwardMessage = (
  by: By,
  message: ForwardedMessage,
  command: { readonly id: string },
) => Promise<Rejected | TakenElsewhere>

export const makeForwardMessage =
  (deps: Elsewhere & { readonly streams: Streams }, allowed: readonly ProblemCode[]): ForwardMessage =>
  async (by, { group, message, header, targets }, { id }) => {
    const state = await recordOf(deps, group, by, header.epoch)
    const refused = refuseForwardedMessage(state, by, header)
    if (refused !== undefined)
      return isBehind(state, by, header.epoch) ? reject({ code: 'read-model-behind' }) : refused
    // The draft has no place for it, and whom it is not for would be shown it.
    if (targets !== undefined) return reject({ code: 'not-allowed', capability: 'targetElsewhere' })
    const heard = await deps.others.submitMessage({ group, user: by.user, message, key: id })
    if (!('refused' in heard)) return { elsewhere: heard }
    return winnerSoon(deps, group, header.epoch, rejectionOfHub(heard, allowed, 'send'))
  }
