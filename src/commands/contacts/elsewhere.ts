/** What a user of ours and one of another server are to each other, as the home of the one who asks records it. */
import type { ContactsEvent } from '../../events/contacts.js'
import type { UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { ContactsState } from './contacts.js'

export type SeekContact = {
  /** Of another server. */
  readonly user: UserId
  readonly from: UserId
  readonly request: string
  /** base64url, opaque. */
  readonly ciphertext: string
  readonly at: number
  readonly pendingMax: number
  /** Who was asked longer ago, and never answered, may be asked again. */
  readonly afreshMs: number
}

/** That server says neither whether there is such a user nor whether it blocked this one: so do we. */
export const seekContact: Decider<SeekContact, ContactsState, ContactsEvent> =
  ({ at, pendingMax: max, afreshMs, ...data }) =>
  (state) => {
    const waits = (asked: { readonly at: number } | undefined): boolean =>
      asked !== undefined && at - asked.at < afreshMs
    if (state.accepted.has(data.user)) return reject({ code: 'already-exists', what: 'contact' })
    if (waits(state.sought.get(data.user))) return reject({ code: 'already-exists', what: 'request' })
    if ([...state.sought.values()].filter(waits).length >= max)
      return reject({ code: 'limit-reached', limit: 'connectionRequestsPendingMax', max })
    return accept({ type: 'ContactSought', data })
  }

export type GrantContact = {
  readonly user: UserId
  readonly from: UserId
  readonly ciphertext?: string | undefined
}

/** Nobody grants what was not asked. */
export const grantContact: Decider<GrantContact, ContactsState, ContactsEvent> =
  ({ user, from, ciphertext }) =>
  (state) => {
    const sought = state.sought.get(user)
    if (sought === undefined) return accept()
    const words = ciphertext === undefined ? {} : { ciphertext }
    return accept({ type: 'ContactGranted', data: { user, from, request: sought.request, ...words } })
  }

export type EndContact = { readonly user: UserId; readonly by: UserId }

export const endContact: Decider<EndContact, ContactsState, ContactsEvent> = (data) => (state) => {
  const { by } = data
  const sought = state.sought.get(by)
  if (sought !== undefined) return accept({ type: 'ContactEnded', data: { ...data, request: sought.request } })
  const isThere = state.accepted.has(by) || [...state.pending.values()].includes(by)
  return isThere ? accept({ type: 'ContactEnded', data }) : accept()
}

type Told = Extract<ContactsEvent, { type: 'ContactTold' }>['data']

export const tellContact: Decider<Told, ContactsState, ContactsEvent> = (data) => () =>
  accept({ type: 'ContactTold', data })
