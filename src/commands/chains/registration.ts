/**
 * The chain that registers a user: take the invitation, where it comes by one, then the client id, reserve the handle, take the signature key, then register. Its command ids derive from the first, so that
 * running it again after a crash finishes it; if nobody does, the next taker of the handle clears it away.
 */
import { handleStream } from '../../events/handle.js'
import type { HandleEvent } from '../../events/handle.js'
import { userStream } from '../../events/user.js'
import type { UserEvent } from '../../events/user.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Streams } from '../../streams/streams.js'
import { handleAggregate, reservationMs, reserveHandle, takeOverHandle } from '../account/handleReservation.js'
import type { HandleState } from '../account/handleReservation.js'
import { admit, giveBack } from './admission.js'
import type { Admission } from './admission.js'
import { reserveKept } from './keptHandle.js'
import { takeIdOf, takeKeyOf } from './vouchedOnce.js'
import { reject } from '../../streams/rejection.js'
import { abandonRegistration, registerUser, userAggregate } from '../account/user.js'
import type { RegisterUser, UserState } from '../account/user.js'

export type Registration = {
  readonly user: UserId
  readonly client: ClientId
  readonly handleHash: string
  /** SHA-256 of its signature key, base64url. */
  readonly keyHash: string
  /** Where it comes by an invitation. */
  readonly admission?: Admission | undefined
  /** Makes what the first registration needs, once the handle is reserved: keys, a certificate. */
  readonly prepare: () => Promise<RegisterUser>
}

export const runRegistration = async (
  streams: Streams,
  command: CommandContext,
  registration: Registration,
): Promise<Outcome<UserState, UserEvent>> => {
  const stream = userStream(registration.user)
  const { state } = await streams.read(userAggregate, stream)
  // No handle is reserved for a user who cannot register any more: else anyone could park handles on others' ids.
  if (state.status !== 'absent') {
    const isTaken = reject({ code: 'already-exists', what: 'user' })
    return streams.execute(userAggregate, stream, command, () => isTaken)
  }
  const { admission } = registration
  if (admission === undefined) return goOn(streams, command, registration)
  const asked = { ...registration, ...admission }
  const refused = await admit(streams, command, asked)
  if (refused !== undefined) return refused
  const outcome = await goOn(streams, command, registration)
  if ('rejected' in outcome) await giveBack(streams, command, asked)
  return outcome
}

const goOn = async (
  streams: Streams,
  command: CommandContext,
  registration: Registration,
): Promise<Outcome<UserState, UserEvent>> => {
  const stream = userStream(registration.user)
  const taken = await takeIdOf(streams, command, registration)
  if (taken !== undefined) return taken
  const reserved = await reserve(streams, command, registration)
  if ('rejected' in reserved) return reserved
  // Last, because a key is never given back, and a handle that is taken is common.
  const used = await takeKeyOf(streams, command, registration)
  if (used !== undefined) return used
  const prepared = await registration.prepare()
  return streams.execute(userAggregate, stream, command, registerUser(prepared))
}

const reserve = async (
  streams: Streams,
  command: CommandContext,
  { handleHash, user, admission }: Registration,
): Promise<Outcome<HandleState, HandleEvent>> => {
  const stream = handleStream(handleHash)
  const step = { ...command, id: derivedId(command.id, 'reserveHandle') }
  const reserved = await streams.execute(handleAggregate, stream, step, reserveHandle(user))
  if (!('rejected' in reserved) || reserved.rejected.code !== 'already-exists') return reserved
  const { state } = await streams.read(handleAggregate, stream)
  if (state.status === 'kept') {
    const kept = { handleHash, user, kept: state.invitation, by: admission?.invitation }
    return (await reserveKept(streams, command, kept)) ?? reserved
  }
  if (state.status === 'reserved' && !(await hasLostIt(streams, command, state, handleHash))) return reserved
  const from = state.status === 'reserved' ? state.user : user
  const next = { ...command, id: derivedId(command.id, 'takeOverHandle', from) }
  return streams.execute(handleAggregate, stream, next, takeOverHandle({ user, from }))
}

/** Whether the holder of a handle has no right to it any more: it went away, or never came within its time. */
const hasLostIt = async (
  streams: Streams,
  command: CommandContext,
  reserved: Extract<HandleState, { status: 'reserved' }>,
  handleHash: string,
): Promise<boolean> => {
  const { user, at } = reserved
  const { state } = await streams.read(userAggregate, userStream(user))
  if (state.status === 'deleted' || state.status === 'abandoned') return true
  if (command.at - at < reservationMs) return false
  if (state.status === 'active') return state.handleHash !== handleHash
  // Of this and the late registration one wins the user's stream, and with it the handle.
  const step = { ...command, id: derivedId(command.id, 'abandonRegistration', user) }
  const stream = userStream(user)
  const abandoned = await streams.execute(userAggregate, stream, step, abandonRegistration(user))
  return !('rejected' in abandoned)
}
