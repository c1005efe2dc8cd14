/** A handle that is kept for an invitation: whoever comes by it has the handle; when it is over, whoever asks first. */
import { handleStream } from '../../events/handle.js'
import type { HandleEvent } from '../../events/handle.js'
import { invitationStream } from '../../events/invitation.js'
import type { UserId } from '../../mls/wire/ids.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { handleAggregate, keepHandle, reserveKeptHandle } from '../account/handleReservation.js'
import type { HandleState } from '../account/handleReservation.js'
import { invitationAggregate, isOver } from '../account/invitation.js'

type Steps = Pick<Streams, 'execute' | 'read'>

/** Undefined when the handle is kept for it now. */
export const keepFor = async (
  streams: Steps,
  command: CommandContext,
  { invitation, handleHash }: { readonly invitation: string; readonly handleHash: string },
): Promise<Rejected | undefined> => {
  const stream = handleStream(handleHash)
  const { state } = await streams.read(handleAggregate, stream)
  const over =
    state.status === 'kept' && (await hasEnded(streams, state.invitation, command.at)) ? state.invitation : undefined
  const step = { ...command, id: derivedId(command.id, 'keepHandle') }
  const kept = await streams.execute(handleAggregate, stream, step, keepHandle({ invitation, over }))
  return 'rejected' in kept ? kept : undefined
}

/** Reserves a handle that is kept; undefined where it is kept for somebody else. `by`: the invitation that is shown. */
export const reserveKept = async (
  streams: Steps,
  command: CommandContext,
  { handleHash, user, kept, by }: Kept,
): Promise<Outcome<HandleState, HandleEvent> | undefined> => {
  if (kept !== by && !(await hasEnded(streams, kept, command.at))) return undefined
  const step = { ...command, id: derivedId(command.id, 'reserveKeptHandle', kept) }
  const decide = reserveKeptHandle({ user, invitation: kept })
  return streams.execute(handleAggregate, handleStream(handleHash), step, decide)
}

type Kept = {
  readonly handleHash: string
  readonly user: UserId
  readonly kept: string
  readonly by: string | undefined
}

const hasEnded = async (streams: Steps, invitation: string, at: number): Promise<boolean> =>
  isOver((await streams.read(invitationAggregate, invitationStream(invitation))).state, at)
