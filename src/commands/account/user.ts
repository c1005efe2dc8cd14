/** A user: its clients, the signature keys they were vouched for, and who may find and reach it. */
import type { z } from 'zod'
import { parseUserEvent, userShapes } from '../../events/user.js'
import type { claimPolicy, discovery, UserEvent, VouchedKey } from '../../events/user.js'
import type { BlobReference } from '../../events/form/fields.js'
import type { ClientId, QueueId, UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

type Discovery = z.infer<typeof discovery>
type ClaimPolicy = z.infer<typeof claimPolicy>
export type UserPolicy = { readonly discovery: Discovery; readonly claims: ClaimPolicy }

export type UserClient = {
  readonly client: ClientId
  readonly directQueue: QueueId
  readonly keys: readonly VouchedKey[]
}

export type ActiveUser = UserPolicy & {
  readonly status: 'active'
  readonly user: UserId
  readonly handleHash: string
  /** Under the subject's key; empty once an operator took it away. */
  readonly handle: string
  readonly clients: readonly UserClient[]
  /** A removed client's id never comes back. */
  readonly removed: readonly ClientId[]
  readonly recovery: { readonly publicKey: string; readonly locatorHash: string } | undefined
  /** What an operator said last, by the number of the act; absent where none did. */
  readonly operated?: { readonly disabled: boolean; readonly act: number }
  readonly profile: { readonly version: number; readonly blob: BlobReference } | undefined
}

export type UserState =
  { readonly status: 'absent' } | { readonly status: 'abandoned' } | ActiveUser | { readonly status: 'deleted' }

export const userAggregate: Aggregate<UserState, UserEvent> = {
  name: 'user',
  initial: { status: 'absent' },
  shapes: userShapes,
  parse: parseUserEvent,
  evolve: (state, event) => {
    switch (event.type) {
      case 'UserRegistered':
        return registered(event.data)
      case 'UserDeleted':
        return { status: 'deleted' }
      case 'HistoryOffered':
        return state
      case 'RegistrationAbandoned':
        return { status: 'abandoned' }
      case 'ClientAdded':
      case 'ClientKeyAdded':
      case 'ClientRemoved':
      case 'PolicyChanged':
      case 'UserProfileChanged':
      case 'UserDisabled':
      case 'UserEnabled':
      case 'HandleWithdrawn':
      case 'RecoveryKeySet':
      case 'RecoveryKeyUsed':
        return state.status === 'active' ? evolveActive(state, event) : state
    }
  },
  weigh: (state) => (state.status === 'active' ? 500 + state.clients.length * 2_000 + state.removed.length * 80 : 200),
}

type EventData<Type extends UserEvent['type']> = Extract<UserEvent, { type: Type }>['data']
type LaterEvent = Exclude<
  UserEvent,
  { type: 'UserRegistered' | 'UserDeleted' | 'RegistrationAbandoned' | 'HistoryOffered' }
>

const registered = (data: EventData<'UserRegistered'>): ActiveUser => {
  const { user, handleHash, handle, discovery, claims, first } = data
  const { client, directQueue, key } = first
  const clients = [{ client, directQueue, keys: [key] }]
  return {
    status: 'active',
    user,
    handleHash,
    handle,
    discovery,
    claims,
    clients,
    removed: [],
    recovery: undefined,
    profile: undefined,
  }
}

const evolveActive = (state: ActiveUser, event: LaterEvent): ActiveUser => {
  switch (event.type) {
    case 'ClientAdded':
      return withClient(state, event.data)
    case 'RecoveryKeySet': {
      const { publicKey, locatorHash } = event.data
      return { ...state, recovery: { publicKey, locatorHash } }
    }
    case 'RecoveryKeyUsed':
      return withClient({ ...state, recovery: undefined }, event.data)
    case 'ClientKeyAdded': {
      const { client, key } = event.data
      const withKey = (one: UserClient): UserClient =>
        one.client === client ? { ...one, keys: [...one.keys, key] } : one
      return { ...state, clients: state.clients.map(withKey) }
    }
    case 'ClientRemoved': {
      const { client } = event.data
      const clients = state.clients.filter((one) => one.client !== client)
      return { ...state, clients, removed: [...state.removed, client] }
    }
    case 'PolicyChanged':
      return { ...state, discovery: event.data.discovery, claims: event.data.claims }
    case 'UserDisabled':
      return { ...state, operated: { disabled: true, act: event.data.act } }
    case 'UserEnabled':
      return { ...state, operated: { disabled: false, act: event.data.act } }
    case 'HandleWithdrawn':
      return { ...state, handle: '' }
    case 'UserProfileChanged':
      return { ...state, profile: { version: event.data.version, blob: event.data.profile } }
  }
}

const withClient = (
  state: ActiveUser,
  { client, directQueue, key }: Pick<EventData<'ClientAdded'>, 'client' | 'directQueue' | 'key'>,
): ActiveUser => ({ ...state, clients: [...state.clients, { client, directQueue, keys: [key] }] })

export const clientOf = (state: UserState, client: ClientId): UserClient | undefined =>
  state.status === 'active' ? state.clients.find((one) => one.client === client) : undefined

/** Whether an operator keeps it out. */
export const isDisabled = (state: UserState): boolean => state.status === 'active' && state.operated?.disabled === true

export type RegisterUser = UserPolicy & {
  readonly user: UserId
  readonly handle: string
  readonly handleHash: string
  readonly client: ClientId
  readonly directQueue: QueueId
  readonly key: VouchedKey
}

export const registerUser: Decider<RegisterUser, UserState, UserEvent> = (command) => (state) => {
  if (state.status !== 'absent') return reject({ code: 'already-exists', what: 'user' })
  const { client, directQueue, key, ...data } = command
  return accept({ type: 'UserRegistered', data: { ...data, first: { client, directQueue, key } } })
}

/** For the next taker of a handle, 10 minutes after its reservation: whoever wins this stream wins the handle. */
export const abandonRegistration: Decider<UserId, UserState, UserEvent> = (user) => (state) => {
  if (state.status === 'absent') return accept({ type: 'RegistrationAbandoned', data: { user } })
  return state.status === 'active' ? reject({ code: 'already-exists', what: 'user' }) : accept()
}

/** Which key of an existing client signed the approval, as it was verified. */
export type Approval = { readonly by: ClientId; readonly signatureKey: string; readonly jws: string }

export type AddClient = {
  readonly client: ClientId
  readonly directQueue: QueueId
  readonly key: VouchedKey
  readonly approval: Approval
  readonly clientsPerUserMax: number
}

export const addClient: Decider<AddClient, UserState, UserEvent> = (command) => (state) => {
  if (state.status !== 'active') return reject({ code: 'no-such-user' })
  const { client, directQueue, key, approval, clientsPerUserMax } = command
  if (!approves(state, approval)) return reject(notApproved)
  if (isDisabled(state)) return reject({ code: 'user-disabled' })
  if (clientOf(state, client) !== undefined || state.removed.includes(client)) {
    return reject({ code: 'already-exists', what: 'client' })
  }
  if (state.clients.length >= clientsPerUserMax) {
    return reject({ code: 'limit-reached', limit: 'clientsPerUserMax', max: clientsPerUserMax })
  }
  const data = { user: state.user, client, directQueue, key, approvedBy: approval.by, approval: approval.jws }
  return accept({ type: 'ClientAdded', data })
}

export type AddKey = { readonly client: ClientId; readonly key: VouchedKey; readonly approval: Approval }

export const addKey: Decider<AddKey, UserState, UserEvent> =
  ({ client, key, approval }) =>
  (state) => {
    if (state.status !== 'active') return reject({ code: 'no-such-user' })
    const existing = clientOf(state, client)
    if (existing === undefined) return reject({ code: 'no-such-client' })
    if (!approves(state, approval)) return reject(notApproved)
    if (existing.keys.some(({ algorithm }) => algorithm === key.algorithm)) {
      return reject({ code: 'already-exists', what: 'key' })
    }
    return accept({ type: 'ClientKeyAdded', data: { user: state.user, client, key, approval: approval.jws } })
  }

/** The approver may have been removed since its signature was verified. */
export const approves = (state: ActiveUser, { by, signatureKey }: Approval): boolean =>
  clientOf(state, by)?.keys.some((key) => key.signatureKey === signatureKey) === true

export const notApproved = { code: 'not-allowed', capability: 'approveClient' } as const

export type RemoveClient = {
  readonly client: ClientId
  readonly reason: EventData<'ClientRemoved'>['reason']
  readonly by?: ClientId
}

/** The last client stays: without one nobody could ever speak for the user again. Deleting the user takes it along. */
export const removeClient: Decider<RemoveClient, UserState, UserEvent> =
  ({ client, reason, by }) =>
  (state) => {
    const existing = clientOf(state, client)
    if (state.status !== 'active' || existing === undefined) return reject({ code: 'no-such-client' })
    if (state.clients.length === 1) return reject({ code: 'not-allowed', capability: 'removeLastClient' })
    const { directQueue, keys } = existing
    const serials = keys.map(({ serial }) => serial)
    const data = { user: state.user, client, directQueue, reason, serials, ...(by === undefined ? {} : { by }) }
    return accept({ type: 'ClientRemoved', data })
  }

export const changePolicy: Decider<Partial<UserPolicy>, UserState, UserEvent> = (change) => (state) => {
  if (state.status !== 'active') return reject({ code: 'no-such-user' })
  const discovery = change.discovery ?? state.discovery
  const claims = change.claims ?? state.claims
  if (discovery === state.discovery && claims === state.claims) return accept()
  return accept({ type: 'PolicyChanged', data: { user: state.user, discovery, claims } })
}

export const deleteUser: Decider<void, UserState, UserEvent> = () => (state) => {
  if (state.status === 'deleted') return reject({ code: 'user-deleted' })
  if (state.status !== 'active') return reject({ code: 'no-such-user' })
  const { user, handleHash, clients } = state
  const data = {
    user,
    handleHash,
    clients: clients.map(({ client }) => client),
    directQueues: clients.map(({ directQueue }) => directQueue),
    serials: clients.flatMap(({ keys }) => keys.map(({ serial }) => serial)),
  }
  return accept({ type: 'UserDeleted', data })
}
