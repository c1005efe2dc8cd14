/**
 * What follows from a user's invitation on record: it is made, or ended. Its command ids derive from the event, so whoever asked, and the
 * reaction that follows the log, do it once between them.
 */
import type { UserInvitationsEvent } from '../../events/userInvitations.js'
import { invitationStream } from '../../events/invitation.js'
import { derivedId } from '../../streams/commandId.js'
import type { Streams } from '../../streams/streams.js'
import { invitationAggregate, makeInvitation, revokeInvitation } from '../account/invitation.js'

/** `cause`: the id of the event; `at`: when it was recorded, ms. Throws StoreUnavailable, StorageFull: it is done later then. */
export const followInvitation = async (
  streams: Pick<Streams, 'execute'>,
  event: UserInvitationsEvent,
  { cause, at }: { readonly cause: string; readonly at: number },
): Promise<void> => {
  const command = { id: derivedId(cause, 'followInvitation'), bodyHash: 'invitation', at, cause }
  const { user, invitation } = event.data
  const decide =
    event.type === 'UserInvitationIssued'
      ? makeInvitation({ by: { user }, expires: event.data.expires })
      : revokeInvitation()
  await streams.execute(invitationAggregate, invitationStream(invitation), command, decide)
}
