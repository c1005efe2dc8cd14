/** A handle: who holds it now. Whoever registers reserves it first, and loses it if they do not follow through. */
import { createHmac } from 'node:crypto'
import { handleShapes, parseHandleEvent } from '../../events/handle.js'
import type { HandleEvent } from '../../events/handle.js'
import type { UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

/** How long a reservation waits for its registration before the next taker may have the handle, ms. */
export const reservationMs = 10 * 60 * 1000

/** ASCII before it is folded: other alphabets have letters that fold into it. */
const handlePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{2,31}$/

/** The handle as it is compared and named: lower-cased; undefined when it is not one. */
export const foldHandle = (text: string): string | undefined =>
  handlePattern.test(text) ? text.toLowerCase() : undefined

/** What a folded handle is called in facts and stream names: its HMAC under the server's handle key. */
export const handleHash = (handleKey: Uint8Array, folded: string): string =>
  createHmac('sha256', handleKey).update(folded).digest('base64url')

export type HandleState =
  | { readonly status: 'free' }
  /** For whoever comes by the invitation. */
  | { readonly status: 'kept'; readonly invitation: string }
  /** `at`: when it was reserved, ms. */
  | { readonly status: 'reserved'; readonly user: UserId; readonly at: number }

export const handleAggregate: Aggregate<HandleState, HandleEvent> = {
  name: 'handle',
  initial: { status: 'free' },
  shapes: handleShapes,
  parse: parseHandleEvent,
  evolve: (_state, event, { at }) => {
    switch (event.type) {
      case 'HandleReserved':
        return { status: 'reserved', user: event.data.user, at }
      case 'HandleKept':
        return { status: 'kept', invitation: event.data.invitation }
      case 'HandleReleased':
        return { status: 'free' }
    }
  },
  weigh: () => 200,
}

export const reserveHandle: Decider<UserId, HandleState, HandleEvent> = (user) => (state) => {
  if (state.status === 'free') return accept({ type: 'HandleReserved', data: { user } })
  return state.status === 'reserved' && state.user === user ? accept() : taken
}

const taken = reject({ code: 'already-exists', what: 'handle' })

/** Keeps it for an invitation. `over`: the invitation that it was kept for and that is over. */
export const keepHandle: Decider<
  { readonly invitation: string; readonly over?: string | undefined },
  HandleState,
  HandleEvent
> =
  ({ invitation, over }) =>
  (state) => {
    if (state.status === 'kept' && state.invitation === invitation) return accept()
    const isFree = state.status === 'free' || (state.status === 'kept' && state.invitation === over)
    return isFree ? accept({ type: 'HandleKept', data: { invitation } }) : taken
  }

/** Reserves what is kept for this invitation: by it, or because it is over. */
export const reserveKeptHandle: Decider<
  { readonly user: UserId; readonly invitation: string },
  HandleState,
  HandleEvent
> =
  ({ user, invitation }) =>
  (state) =>
    state.status === 'kept' && state.invitation === invitation
      ? accept({ type: 'HandleReserved', data: { user } })
      : reserveHandle(user)(state)

export type TakeOverHandle = { readonly user: UserId; readonly from: UserId }

/** Takes the handle from a holder that is known not to hold it rightfully any more. */
export const takeOverHandle: Decider<TakeOverHandle, HandleState, HandleEvent> =
  ({ user, from }) =>
  (state) =>
    state.status === 'reserved' && state.user === from
      ? accept({ type: 'HandleReleased', data: { user: from } }, { type: 'HandleReserved', data: { user } })
      : reserveHandle(user)(state)

export const releaseHandle: Decider<UserId, HandleState, HandleEvent> = (user) => (state) =>
  state.status === 'reserved' && state.user === user ? accept({ type: 'HandleReleased', data: { user } }) : accept()
