/** Folds a group's events: the tree from its commits alone, the seats from what the server read in them. */
import type { GroupEvent, Role } from '../../../events/group.js'
import { UnreadableEvent } from '../../../events/form/parser.js'
import { toBase64url } from '../../../mls/bytes/base64url.js'
import type { ClientId, Domain, UserId } from '../../../mls/wire/ids.js'
import type { Place } from '../../../streams/decider.js'
import { replayFollowed } from '../followed/followedTree.js'
import { replayCommit, replayCreation, replayProposal } from './replay.js'
import { endedEpochsMax, recentCommitsMax } from './state.js'
import type { ActiveGroup, ClosedGroup, EndedEpoch, Group, Member, RequiredRemoval, Seated } from './state.js'

type DataOf<Type extends GroupEvent['type']> = Extract<GroupEvent, { type: Type }>['data']

export const evolve = (state: Group, event: GroupEvent, place: Place): Group => {
  switch (event.type) {
    case 'GroupIdReserved':
      return { status: 'reserved', ...event.data }
    case 'GroupCreated':
      return created(event.data, place)
    case 'GroupFollowed':
      return followed(event.data, place)
    case 'MessagesMissed':
      return state
    case 'ProposalAccepted':
      return onActive(state, (group) => ({ ...group, mls: replayProposal(group.mls, event.data.proposal) }))
    case 'CommitAccepted':
      return onActive(state, (group) => committed(group, event.data, place))
    case 'RoleChanged':
      return onActive(state, (group) => ({ ...group, users: withRole(group.users, event.data.user, event.data.role) }))
    case 'SettingsChanged':
      return onActive(state, (group) => ({ ...group, settings: event.data.settings }))
    case 'ProfileChanged':
      return onActive(state, (group) => ({
        ...group,
        profile: { version: event.data.version, blob: event.data.profile },
      }))
    case 'RemovalRequired':
      return onActive(state, (group) => ({ ...group, required: withRequired(group, event.data) }))
    case 'MessagesExpired':
      return expired(state, event.data.upToRevision)
    case 'FaultReported':
      return state
    case 'GroupReset':
      return onActive(state, (group) => closed(group, 'reset', event.data.successor))
    case 'GroupDeleted':
      return onActive(state, (group) => closed(group, 'deleted', undefined))
  }
}

/** Decide lets these events happen to an active group only. */
const onActive = (state: Group, change: (group: ActiveGroup) => Group): Group => {
  if (state.status !== 'active') throw new UnreadableEvent(`a ${state.status} group cannot change`)
  return change(state)
}

const created = (data: DataOf<'GroupCreated'>, place: Place): Group => {
  const { leafIndex, user, client } = data.creator
  return {
    status: 'active',
    group: data.group,
    mls: replayCreation(data),
    leaves: new Map([[leafIndex, { leafIndex, user, client, since: place.revision, changed: place.revision }]]),
    clients: new Map([[client, leafIndex]]),
    users: new Map<UserId, Member>([[user, { role: 'admin', since: place.revision, leaves: 1 }]]),
    known: new Set([user, client]),
    required: new Map(),
    settings: data.settings,
    profile: undefined,
    groupInfo: data.groupInfoBlob,
    createdAt: place.revision,
    recent: [],
    ended: [],
    expiredUpTo: -1,
  }
}

const followed = (data: DataOf<'GroupFollowed'>, place: Place): Group => {
  const seats = data.leaves.map(({ leafIndex, user, client }) => ({ leafIndex, user, client }))
  const at = { since: place.revision, changed: place.revision }
  const leaves = new Map(seats.map((seat) => [seat.leafIndex, { ...seat, ...at }]))
  const users = countUsers(new Map(), leaves, place.revision)
  return {
    status: 'active',
    group: data.group,
    hub: data.hub as Domain,
    mls: replayFollowed(data),
    leaves,
    clients: new Map(seats.map(({ client, leafIndex }) => [client, leafIndex])),
    users: data.roles.reduce((known, { user, role }) => withRole(known, user, role), users),
    known: new Set(seats.flatMap(({ user, client }) => [user, client])),
    required: new Map(),
    settings: data.settings,
    profile: data.profile === undefined ? undefined : { version: data.profile.version, blob: data.profile.profile },
    groupInfo: data.groupInfo,
    createdAt: place.revision,
    recent: [],
    ended: [],
    expiredUpTo: -1,
  }
}

const committed = (group: ActiveGroup, data: DataOf<'CommitAccepted'>, place: Place): ActiveGroup => {
  const mls = replayCommit(group.mls, data.commit)
  const winner = { epoch: mls.epoch, revision: place.revision, commit: data.commit }
  return {
    ...group,
    ...reseated(group, data, place.revision),
    mls,
    groupInfo: data.groupInfo,
    recent: [...group.recent.slice(1 - recentCommitsMax), winner],
    ended: [...group.ended.slice(1 - endedEpochsMax), endedEpoch(group)],
  }
}

const endedEpoch = ({ mls }: ActiveGroup): EndedEpoch => ({
  epoch: mls.epoch,
  confirmedTranscriptHash: toBase64url(mls.confirmedTranscriptHash),
})

type Seats = Pick<ActiveGroup, 'leaves' | 'clients' | 'users' | 'known' | 'required'>

/** Removed leaves go first: a newcomer, or the same client again, may take their place. */
const reseated = (group: ActiveGroup, data: DataOf<'CommitAccepted'>, revision: number): Seats => {
  const leaves = new Map<number, Seated>(group.leaves)
  for (const { leafIndex } of data.removed) leaves.delete(leafIndex)
  for (const { leafIndex } of data.updated) {
    const seated = leaves.get(leafIndex)
    if (seated !== undefined) leaves.set(leafIndex, { ...seated, changed: revision })
  }
  if (data.added.length + data.removed.length === 0) return { ...group, leaves }
  const clients = new Map<ClientId, number>(group.clients)
  const required = new Map<number, RequiredRemoval>(group.required)
  for (const { leafIndex, client } of data.removed) {
    clients.delete(client)
    required.delete(leafIndex)
  }
  for (const { leafIndex, user, client } of data.added) {
    leaves.set(leafIndex, { leafIndex, user, client, since: revision, changed: revision })
    clients.set(client, leafIndex)
  }
  const known = new Set([...group.known, ...data.added.flatMap(({ user, client }) => [user, client])])
  return { leaves, clients, required, known, users: countUsers(group.users, leaves, revision) }
}

/** A user's role, and how long it has been a member, last as long as one of its leaves. */
const countUsers = (
  before: ReadonlyMap<UserId, Member>,
  leaves: ReadonlyMap<number, Seated>,
  revision: number,
): ReadonlyMap<UserId, Member> => {
  const users = new Map<UserId, Member>()
  for (const { user } of leaves.values()) {
    const { role, since } = before.get(user) ?? { role: 'member' as const, since: revision }
    users.set(user, { role, since, leaves: (users.get(user)?.leaves ?? 0) + 1 })
  }
  return users
}

const withRole = (users: ReadonlyMap<UserId, Member>, user: UserId, role: Role): ReadonlyMap<UserId, Member> => {
  const member = users.get(user)
  return member === undefined ? users : new Map(users).set(user, { ...member, role })
}

const withRequired = (
  group: ActiveGroup,
  { leaves, reason }: DataOf<'RemovalRequired'>,
): ReadonlyMap<number, RequiredRemoval> => {
  const required = new Map(group.required)
  for (const occupant of leaves) required.set(occupant.leafIndex, { occupant, reason })
  return required
}

const expired = (state: Group, upToRevision: number): Group =>
  state.status === 'none' || state.status === 'reserved' ? state : { ...state, expiredUpTo: upToRevision }

const closed = (
  { group, hub, known, expiredUpTo }: ActiveGroup,
  status: ClosedGroup['status'],
  successor: ClosedGroup['successor'],
): ClosedGroup => ({ status, group, ...(hub === undefined ? {} : { hub }), successor, known, expiredUpTo })
