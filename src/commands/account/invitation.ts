/** An invitation: one registration comes by it, whoever else shows it meanwhile. */
import { invitationShapes, parseInvitationEvent } from '../../events/invitation.js'
import type { InvitationEvent } from '../../events/invitation.js'
import type { UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

/** Until when it may be, ms: not until before now, nor for longer than invitations last. */
export const refuseExpiry = (expires: number, at: number, invitationMsMax: number): Rejected | undefined => {
  if (expires <= at) return reject({ code: 'malformed', detail: 'body.expires: it has passed' })
  if (expires > at + invitationMsMax)
    return reject({ code: 'limit-reached', limit: 'invitationMsMax', max: invitationMsMax })
  return undefined
}

type Made = Extract<InvitationEvent, { type: 'InvitationMade' }>['data']
type Used = Extract<InvitationEvent, { type: 'InvitationUsed' }>['data']

export type InvitationState =
  | { readonly status: 'none' }
  | (Made & { readonly status: 'open' })
  /** `since`: when it was taken first by this user, ms; `attempts`: the runs of its registration that were not refused. */
  | (Made &
      Pick<Used, 'user' | 'keyHash'> & {
        readonly status: 'used'
        readonly since: number
        readonly attempts: readonly string[]
      })
  | { readonly status: 'revoked' }

export const invitationAggregate: Aggregate<InvitationState, InvitationEvent> = {
  name: 'invitation',
  initial: { status: 'none' },
  shapes: invitationShapes,
  parse: parseInvitationEvent,
  evolve: (state, event, { at }) => {
    switch (event.type) {
      case 'InvitationMade':
        return { status: 'open', ...event.data }
      case 'InvitationUsed':
        return evolveUsed(state, event.data, at)
      case 'InvitationReturned':
        return evolveReturned(state, event.data.attempt)
      case 'InvitationRevoked':
        return { status: 'revoked' }
    }
  },
  weigh: (state) => 400 + (state.status === 'used' ? 40 * state.attempts.length : 0),
}

const evolveUsed = (state: InvitationState, { user, keyHash, attempt }: Used, at: number): InvitationState => {
  if (state.status === 'open') return { ...state, status: 'used', user, keyHash, since: at, attempts: [attempt] }
  return state.status === 'used' ? { ...state, attempts: [...state.attempts, attempt] } : state
}

const evolveReturned = (state: InvitationState, attempt: string | undefined): InvitationState => {
  if (state.status !== 'used') return state
  const attempts = attempt === undefined ? [] : state.attempts.filter((one) => one !== attempt)
  const { by, expires, handleHash } = state
  return attempts.length > 0
    ? { ...state, attempts }
    : { status: 'open', by, expires, ...(handleHash === undefined ? {} : { handleHash }) }
}

/** One that was revoked before it was made is never made. */
export const makeInvitation: Decider<Made, InvitationState, InvitationEvent> = (data) => (state) =>
  state.status === 'none' ? accept({ type: 'InvitationMade', data }) : accept()

export const revokeInvitation: Decider<void, InvitationState, InvitationEvent> = () => (state) =>
  state.status === 'revoked' ? accept() : accept({ type: 'InvitationRevoked', data: {} })

export type TakeInvitation = Used & {
  /** Of the handle that is asked for. */ readonly handleHash: string
  /** ms */ readonly at: number
}

/** Whoever holds it already goes on with it, expired or not; anybody else hears the same of every other one. */
export const takeInvitation: Decider<TakeInvitation, InvitationState, InvitationEvent> = (asked) => (state) => {
  const { user, keyHash, attempt, at } = asked
  const isHeld = state.status === 'used' && state.user === user && state.keyHash === keyHash
  if (!isHeld && !(state.status === 'open' && state.expires > at)) return noInvitation
  return unlessOtherHandle(state, asked) ?? accept({ type: 'InvitationUsed', data: { user, keyHash, attempt } })
}

/** The same of one that `from` holds, whose registration is known to be over. */
export const takeOverInvitation: Decider<
  TakeInvitation & { readonly from: UserId },
  InvitationState,
  InvitationEvent
> = (asked) => (state) => {
  const { user, keyHash, attempt, from, at } = asked
  if (state.status !== 'used' || state.user !== from) return takeInvitation(asked)(state)
  if (state.expires <= at) return noInvitation
  const returned = { type: 'InvitationReturned', data: { user: from } } as const
  const used = { type: 'InvitationUsed', data: { user, keyHash, attempt } } as const
  return unlessOtherHandle(state, asked) ?? accept<InvitationEvent>(returned, used)
}

/** What one says to all but whom it lets in: expired, used, revoked, never made. */
export const noInvitation: Rejected = reject({ code: 'invitation-needed' })

const unlessOtherHandle = (
  { handleHash }: { readonly handleHash?: string | undefined },
  asked: Pick<TakeInvitation, 'handleHash'>,
): Rejected | undefined =>
  handleHash === undefined || handleHash === asked.handleHash
    ? undefined
    : reject({ code: 'not-allowed', capability: 'registerOtherHandle' })

/** A run of a registration was refused; while others go on it stays theirs. */
export const returnInvitation: Decider<Pick<Used, 'user' | 'attempt'>, InvitationState, InvitationEvent> =
  ({ user, attempt }) =>
  (state) =>
    state.status === 'used' && state.user === user && state.attempts.includes(attempt)
      ? accept({ type: 'InvitationReturned', data: { user, attempt } })
      : accept()

/** Whether nobody can come by it any more. What is still to be made is not over. */
export const isOver = (state: InvitationState, at: number): boolean =>
  state.status === 'revoked' || (state.status !== 'none' && state.expires <= at)
