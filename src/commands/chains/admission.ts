/**
 * The invitation of a registration: taken before anything else is, and given back when it is refused after that. One whose
 * holder never came is taken over: whoever wins the stream of that user wins the invitation.
 */
import { invitationStream } from '../../events/invitation.js'
import { userStream } from '../../events/user.js'
import type { UserId } from '../../mls/wire/ids.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { reservationMs } from '../account/handleReservation.js'
import {
  invitationAggregate,
  noInvitation,
  returnInvitation,
  takeInvitation,
  takeOverInvitation,
} from '../account/invitation.js'
import type { InvitationState } from '../account/invitation.js'
import { abandonRegistration, isDisabled, userAggregate } from '../account/user.js'

export type Admission = {
  /** SHA-256 of the invitation's token, base64url. */
  readonly invitation: string
  /** This run of the registration: 12 random bytes, base64url. What one run gives back another may still go on with. */
  readonly attempt: string
}
type Asked = Admission & { readonly user: UserId; readonly keyHash: string; readonly handleHash: string }

/** Undefined when the registration may go on. */
export const admit = async (streams: Streams, command: CommandContext, asked: Asked): Promise<Rejected | undefined> => {
  const { invitation, attempt, user, keyHash, handleHash } = asked
  const stream = invitationStream(invitation)
  const { at } = command
  const { state } = await streams.read(invitationAggregate, stream)
  if (await isIssuerGone(streams, state)) return noInvitation
  const from = await whoLostIt(streams, command, state, user)
  const taking = { user, keyHash, attempt, handleHash, at }
  const decide = from === undefined ? takeInvitation(taking) : takeOverInvitation({ ...taking, from })
  // Each run is a command of its own: it says again that the invitation is in use.
  const step = { ...command, id: derivedId(command.id, 'takeInvitation', attempt) }
  const taken = await streams.execute(invitationAggregate, stream, step, decide)
  return 'rejected' in taken ? taken : undefined
}

/** Of a user who is not there any more, or was disabled, no invitation lets anybody in. */
const isIssuerGone = async (streams: Streams, invitation: InvitationState): Promise<boolean> => {
  if (!('by' in invitation) || !('user' in invitation.by)) return false
  const { state } = await streams.read(userAggregate, userStream(invitation.by.user))
  return state.status !== 'active' || isDisabled(state)
}

/** Of a run that was refused. */
export const giveBack = async (
  streams: Streams,
  command: CommandContext,
  { invitation, attempt, user }: Asked,
): Promise<void> => {
  const step = { ...command, id: derivedId(command.id, 'returnInvitation', attempt) }
  const decide = returnInvitation({ user, attempt })
  await streams.execute(invitationAggregate, invitationStream(invitation), step, decide)
}

/** The holder of an invitation who never came, or not within its time. */
const whoLostIt = async (
  streams: Streams,
  command: CommandContext,
  invitation: InvitationState,
  by: UserId,
): Promise<UserId | undefined> => {
  if (invitation.status !== 'used' || invitation.user === by || invitation.expires <= command.at) return undefined
  const { user, since } = invitation
  const stream = userStream(user)
  const { state } = await streams.read(userAggregate, stream)
  if (state.status === 'abandoned') return user
  if (state.status !== 'absent' || command.at - since < reservationMs) return undefined
  // Of this and the late registration one wins the user's stream, and with it the invitation.
  const step = { ...command, id: derivedId(command.id, 'abandonRegistration', user) }
  const abandoned = await streams.execute(userAggregate, stream, step, abandonRegistration(user))
  return 'rejected' in abandoned ? undefined : user
}
