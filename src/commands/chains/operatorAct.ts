/**
 * What an operator does: first it is on record, then it is done. Both are commands whose ids derive from the request's, so
 * whoever asks again, or the server that starts after a crash between the two, finishes it and does nothing twice.
 */
import { disableUser, enableUser, withdrawHandle } from '../account/disabling.js'
import { deleteGroupHere } from '../group/deletion.js'
import { resetGroupHere } from '../group/faults.js'
import { groupAggregate } from '../group/group.js'
import { handleAggregate, releaseHandle } from '../account/handleReservation.js'
import { deleteUser, removeClient, userAggregate } from '../account/user.js'
import { invitationAggregate, makeInvitation, revokeInvitation } from '../account/invitation.js'
import { digestAggregate, liftTakedown, takeDownDigest } from '../asset/takedown.js'
import { acceptClockAt, rotateKey, serverAggregate } from '../server/server.js'
import { keepFor } from './keptHandle.js'
import { peerAggregate } from '../peer/peer.js'
import { changePolicy, changeSending, dropBacklog, pinRoot, resetPeer } from '../peer/peerActs.js'
import { closeReport, reportAggregate } from '../report/report.js'
import { changeMaintenance, policyAggregate, resetLimit, setLimit } from '../policy/policy.js'
import type { PolicyState } from '../policy/policy.js'
import { operatorsAggregate, recordAct } from '../operators/operators.js'
import type { OnRecord, Operators, RecordAct } from '../operators/operators.js'
import { digestStream } from '../../events/digest.js'
import { invitationStream } from '../../events/invitation.js'
import { operatorsStream } from '../../events/operators.js'
import type { OperatorAct, OperatorsEvent } from '../../events/operators.js'
import { policyStream } from '../../events/policy.js'
import type { PolicyEvent } from '../../events/policy.js'
import { peerStream } from '../../events/peerOutbox.js'
import { handleStream } from '../../events/handle.js'
import { groupStream } from '../../events/group.js'
import { reportStream } from '../../events/report.js'
import { userStream } from '../../events/user.js'
import { serverStream } from '../../events/server.js'
import { origin, toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext, Decide, Fact } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'

/** Where the act and its effect came to stand, so that whoever waits for it sees both. */
export type Done = {
  readonly position: Position
  readonly at: number
  readonly repeated: boolean
  /** As it was recorded first. */
  readonly what: OperatorAct
  readonly number: number
}

/** Throws StoreUnavailable, StorageFull; what is on record by then is finished later. */
export const act = (streams: Steps, command: CommandContext, what: RecordAct): Promise<Done | Rejected> =>
  actBy(streams, command, recordAct(what))

/** The same where whether it may be done is decided with the record. */
export const actBy = async (streams: Steps, command: CommandContext, decide: Deciding): Promise<Done | Rejected> => {
  const outcome = await streams.execute(operatorsAggregate, operatorsStream, command, decide)
  if ('rejected' in outcome) return outcome
  const { position, at, repeated, recorded } = outcome
  const [acted] = recorded
  if (acted?.type !== 'OperatorActed') throw new Error('an act was not recorded')
  const effect = await perform(streams, acted.data, { cause: acted.id, at })
  if (typeof effect !== 'number') return effect
  return {
    position: toPosition(Math.max(position, effect)),
    at,
    repeated,
    what: acted.data.what,
    number: acted.data.number,
  }
}

type Steps = Pick<Streams, 'execute' | 'read'>
type Deciding = Decide<Operators, OperatorsEvent>

/** `cause`: the event that has the act on record; `at`: when that was, ms. */
type Recorded = { readonly cause: string; readonly at: number }

/**
 * The effect of an act on record; done before, nothing happens. Answers where it stands: at the origin where it had none, and
 * why not where something came in between.
 */
export const perform = async (
  streams: Steps,
  { number, by, what }: OnRecord,
  { cause, at }: Recorded,
): Promise<Position | Rejected> => {
  const command = { id: derivedId(cause, 'perform'), bodyHash: 'operator', at, cause }
  switch (what.type) {
    case 'takeDown': {
      const decide = takeDownDigest({ digest: what.digest, act: number })
      return placeOf(await streams.execute(digestAggregate, digestStream(what.digest), command, decide))
    }
    case 'liftTakedown': {
      const decide = liftTakedown({ digest: what.digest, act: number })
      return placeOf(await streams.execute(digestAggregate, digestStream(what.digest), command, decide))
    }
    case 'makeInvitation': {
      const { invitation, expires, handleHash } = what
      const kept = handleHash === undefined ? undefined : await keepFor(streams, command, { invitation, handleHash })
      if (kept !== undefined) return kept
      const made = { by: { token: by.token }, expires, ...(handleHash === undefined ? {} : { handleHash }) }
      const decide = makeInvitation(made)
      return placeOf(await streams.execute(invitationAggregate, invitationStream(invitation), command, decide))
    }
    case 'revokeInvitation': {
      const stream = invitationStream(what.invitation)
      return placeOf(await streams.execute(invitationAggregate, stream, command, revokeInvitation()))
    }
    case 'changePeerPolicy': {
      const decide = changePolicy({ policy: what.policy, act: number })
      return placeOf(await streams.execute(peerAggregate, peerStream(what.peer), command, decide))
    }
    case 'pinPeerRoot': {
      const decide = pinRoot({ root: what.root, act: number })
      return placeOf(await streams.execute(peerAggregate, peerStream(what.peer), command, decide))
    }
    case 'changePeerSending': {
      const decide = changeSending({ sending: what.sending, act: number })
      return placeOf(await streams.execute(peerAggregate, peerStream(what.peer), command, decide))
    }
    case 'resetPeer':
      return placeOf(await streams.execute(peerAggregate, peerStream(what.peer), command, resetPeer({ act: number })))
    case 'dropPeerBacklog':
      return placeOf(await streams.execute(peerAggregate, peerStream(what.peer), command, dropBacklog({ act: number })))
    case 'disableUser':
      return placeOf(await streams.execute(userAggregate, userStream(what.user), command, disableUser(number)))
    case 'enableUser':
      return placeOf(await streams.execute(userAggregate, userStream(what.user), command, enableUser(number)))
    case 'withdrawHandle': {
      const { user } = what
      const withdrawn = await streams.execute(userAggregate, userStream(user), command, withdrawHandle())
      const { state } = await streams.read(userAggregate, userStream(user))
      const step = { ...command, id: derivedId(cause, 'releaseHandle') }
      if (state.status === 'active')
        await streams.execute(handleAggregate, handleStream(state.handleHash), step, releaseHandle(user))
      return placeOf(withdrawn)
    }
    case 'removeUser':
      return placeOf(await streams.execute(userAggregate, userStream(what.user), command, deleteUser()))
    case 'removeClient': {
      const decide = removeClient({ client: what.client, reason: 'operator' })
      return placeOf(await streams.execute(userAggregate, userStream(what.user), command, decide))
    }
    case 'deleteGroup':
      return placeOf(await streams.execute(groupAggregate, groupStream(what.group), command, deleteGroupHere()))
    case 'resetGroup':
      return placeOf(await streams.execute(groupAggregate, groupStream(what.group), command, resetGroupHere()))
    case 'closeReport': {
      const { report, outcome } = what
      const decide = closeReport({ report, act: number, outcome })
      return placeOf(await streams.execute(reportAggregate, reportStream(report), command, decide))
    }
    case 'setLimit': {
      const { name, value } = what
      return placeOf(await onPolicy(streams, command, setLimit({ name, value, act: number })))
    }
    case 'resetLimit':
      return placeOf(await onPolicy(streams, command, resetLimit({ name: what.name, act: number })))
    case 'changeMaintenance':
      return placeOf(await onPolicy(streams, command, changeMaintenance({ on: what.on, act: number })))
    // Done where they are on record, in the same append.
    case 'issueToken':
    case 'revokeToken':
    case 'changeRegistration':
    case 'lookAtUser':
    case 'lookAtReport':
    // Done where the read models are (projections/builds/act.ts).
    case 'changeReadModel':
    case 'skipParked':
      return origin
    case 'rotateKey': {
      const { type: _type, ...rotation } = what
      return placeOf(await streams.execute(serverAggregate, serverStream, command, rotateKey(rotation)))
    }
    case 'acceptClock':
      return placeOf(await streams.execute(serverAggregate, serverStream, command, acceptClockAt(at)))
  }
}

const onPolicy = (streams: Steps, command: CommandContext, decide: Decide<PolicyState, PolicyEvent>) =>
  streams.execute(policyAggregate, policyStream, command, decide)

const placeOf = (effect: Outcome<unknown, Fact>): Position =>
  'rejected' in effect || effect.recorded.length === 0 ? origin : effect.position
