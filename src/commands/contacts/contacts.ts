/** Who asked a user for contact, what it answered, and whom it blocked: one stream per user asked. */
import { contactsShapes, parseContactsEvent } from '../../events/contacts.js'
import type { ContactsEvent } from '../../events/contacts.js'
import type { UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

export type ContactsState = {
  /** Who waits for an answer, by the request's id. */
  readonly pending: ReadonlyMap<string, UserId>
  /** Whose requests were accepted. */
  readonly accepted: ReadonlySet<UserId>
  readonly blocked: ReadonlySet<UserId>
  /** Users of other servers who were asked and have not answered. */
  readonly sought: ReadonlyMap<UserId, Sought>
}

/** `at`: when, ms. */
type Sought = { readonly request: string; readonly at: number }

export const contactsAggregate: Aggregate<ContactsState, ContactsEvent> = {
  name: 'contacts',
  initial: { pending: new Map(), accepted: new Set(), blocked: new Set(), sought: new Map() },
  shapes: contactsShapes,
  parse: parseContactsEvent,
  evolve: (state, event, { at }) => {
    switch (event.type) {
      case 'ConnectionRequested':
        return { ...state, pending: new Map(state.pending).set(event.data.request, event.data.from) }
      case 'ConnectionAccepted':
        return { ...answered(state, event.data.request), accepted: new Set(state.accepted).add(event.data.from) }
      case 'ConnectionRejected':
        return answered(state, event.data.request)
      case 'ContactSought': {
        const { user, request } = event.data
        return { ...state, sought: new Map(state.sought).set(user, { request, at }) }
      }
      case 'ContactGranted': {
        const { user } = event.data
        return { ...unsought(state, user), accepted: new Set(state.accepted).add(user) }
      }
      case 'ContactEnded':
        return withoutContact(state, event.data.by)
      case 'ContactTold':
        return afterTold(state, event.data)
      case 'UserBlocked':
        return withBlock(state, event.data.blocked)
      case 'UserUnblocked':
        return { ...state, blocked: without(state.blocked, event.data.blocked) }
    }
  },
  weigh: ({ pending, accepted, blocked, sought }) =>
    300 + (pending.size + sought.size) * 250 + (accepted.size + blocked.size) * 120,
}

const without = <T>(set: ReadonlySet<T>, one: T): ReadonlySet<T> => new Set([...set].filter((other) => other !== one))

const answered = (state: ContactsState, request: string): ContactsState => ({
  ...state,
  pending: new Map([...state.pending].filter(([id]) => id !== request)),
})

const unsought = (state: ContactsState, user: UserId): ContactsState => ({
  ...state,
  sought: new Map([...state.sought].filter(([other]) => other !== user)),
})

const withoutContact = (state: ContactsState, by: UserId): ContactsState => ({
  ...unsought(state, by),
  pending: withoutAsker(state.pending, by),
  accepted: without(state.accepted, by),
})

const withoutAsker = (pending: ContactsState['pending'], asker: UserId): ContactsState['pending'] =>
  new Map([...pending].filter(([, from]) => from !== asker))

type Told = Extract<ContactsEvent, { type: 'ContactTold' }>['data']

/** Who was never asked may be asked again. */
const afterTold = (state: ContactsState, { other, word, request, outcome }: Told): ContactsState =>
  word === 'request' && outcome !== 'told' && state.sought.get(other)?.request === request
    ? unsought(state, other)
    : state

/** What a blocked user asked before is answered by the block. */
const withBlock = (state: ContactsState, blocked: UserId): ContactsState => ({
  ...state,
  pending: withoutAsker(state.pending, blocked),
  blocked: new Set(state.blocked).add(blocked),
})

export type RequestConnection = {
  readonly user: UserId
  readonly from: UserId
  readonly request: string
  /** base64url, opaque. */
  readonly ciphertext: string
  readonly pendingMax: number
}

/** A blocked requester sees what an unknown user shows. */
export const requestConnection: Decider<RequestConnection, ContactsState, ContactsEvent> = (command) => (state) => {
  const { pendingMax, ...data } = command
  const { user, from } = data
  if (from === user) return reject({ code: 'not-allowed', capability: 'requestSelf' })
  if (state.blocked.has(from)) return reject({ code: 'no-such-user' })
  if (state.accepted.has(from)) return reject({ code: 'already-exists', what: 'contact' })
  if ([...state.pending.values()].includes(from)) return reject({ code: 'already-exists', what: 'request' })
  if (state.pending.size >= pendingMax) {
    return reject({ code: 'limit-reached', limit: 'connectionRequestsPendingMax', max: pendingMax })
  }
  return accept({ type: 'ConnectionRequested', data })
}

export type AnswerConnection = { readonly user: UserId; readonly request: string }

export type AcceptConnection = AnswerConnection & { readonly ciphertext?: string | undefined }

export const acceptConnection: Decider<AcceptConnection, ContactsState, ContactsEvent> =
  ({ user, request, ciphertext }) =>
  (state) => {
    const from = state.pending.get(request)
    if (from === undefined) return reject({ code: 'no-such-request' })
    const data = { user, from, request, ...(ciphertext === undefined ? {} : { ciphertext }) }
    return accept({ type: 'ConnectionAccepted', data })
  }

export const rejectConnection: Decider<AnswerConnection, ContactsState, ContactsEvent> =
  ({ user, request }) =>
  (state) => {
    const from = state.pending.get(request)
    if (from === undefined) return reject({ code: 'no-such-request' })
    return accept({ type: 'ConnectionRejected', data: { user, from, request } })
  }

type Block = { readonly user: UserId; readonly blocked: UserId; readonly blockedMax: number }

export const blockUser: Decider<Block, ContactsState, ContactsEvent> =
  ({ user, blocked, blockedMax }) =>
  (state) => {
    if (blocked === user) return reject({ code: 'not-allowed', capability: 'blockSelf' })
    if (state.blocked.has(blocked)) return accept()
    if (state.blocked.size >= blockedMax) {
      return reject({ code: 'limit-reached', limit: 'usersBlockedMax', max: blockedMax })
    }
    return accept({ type: 'UserBlocked', data: { user, blocked } })
  }

export const unblockUser: Decider<Omit<Block, 'blockedMax'>, ContactsState, ContactsEvent> =
  ({ user, blocked }) =>
  (state) =>
    state.blocked.has(blocked) ? accept({ type: 'UserUnblocked', data: { user, blocked } }) : accept()

/** Whether two users are contacts: one asked and the other accepted, whichever it was. */
export const areContacts = (
  one: { readonly user: UserId; readonly contacts: ContactsState },
  other: { readonly user: UserId; readonly contacts: ContactsState },
): boolean => one.contacts.accepted.has(other.user) || other.contacts.accepted.has(one.user)
