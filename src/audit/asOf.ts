/** What the server would have said at a moment that is past: streams folded up to there by the code that decided then. */
import { userAggregate } from '../commands/account/user.js'
import type { UserState } from '../commands/account/user.js'
import { groupAggregate } from '../commands/group/group.js'
import type { ActiveGroup, Group, RemovalReason } from '../commands/group/fold/state.js'
import { keyPackagesAggregate, stockOf } from '../commands/keyPackages/keyPackages.js'
import type { StockCount } from '../commands/keyPackages/keyPackages.js'
import { operatorsAggregate } from '../commands/operators/operators.js'
import { policyAggregate, valuesSet } from '../commands/policy/policy.js'
import { groupStream } from '../events/group.js'
import type { GroupSettings, Role } from '../events/group.js'
import { keyPackagesStream } from '../events/keyPackages.js'
import { operatorsStream } from '../events/operators.js'
import type { RegistrationMode } from '../events/operators.js'
import { policyStream } from '../events/policy.js'
import type { LimitValue } from '../events/policy.js'
import { userStream } from '../events/user.js'
import type { ClientId, GroupId, UserId } from '../mls/wire/ids.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Aggregate, Fact } from '../streams/decider.js'
import type { Streams } from '../streams/streams.js'
import { placeAt } from './moment.js'
import type { Moment, StreamPlace } from './moment.js'

export type AsOfWorld = { readonly events: Pick<EventStore, 'readStream'>; readonly streams: Pick<Streams, 'readAt'> }

/** `place`: the last event that it is made of; undefined where there was none yet. */
export type AsOf<Answer> = { readonly place: StreamPlace | undefined; readonly answer: Answer }

const stateAt = async <State, Event extends Fact>(
  { events, streams }: AsOfWorld,
  aggregate: Aggregate<State, Event>,
  stream: string,
  moment: Moment,
): Promise<AsOf<State>> => {
  const place = await placeAt(events, stream, moment)
  const answer = place === undefined ? aggregate.initial : await streams.readAt(aggregate, stream, place.revision)
  return { place, answer }
}

export type MemberAsOf = {
  readonly user: UserId
  readonly role: Role
  readonly clients: readonly { readonly client: ClientId; readonly leafIndex: number }[]
}
export type RosterAsOf = {
  readonly status: Group['status']
  readonly epoch?: string
  /** By the leaves of their clients. */
  readonly members?: readonly MemberAsOf[]
  /** Leaves that the next Commit had to remove. */
  readonly removals?: readonly {
    readonly leafIndex: number
    readonly client: ClientId
    readonly reason: RemovalReason
  }[]
}

const ofGroup = async <Answer>(
  world: AsOfWorld,
  group: GroupId,
  moment: Moment,
  read: (group: ActiveGroup) => Answer,
): Promise<AsOf<{ readonly status: Group['status'] } & Partial<Answer>>> => {
  const { place, answer: state } = await stateAt(world, groupAggregate, groupStream(group), moment)
  const nothing = {} as Partial<Answer>
  // In a log of before decision 28 another server's may stand in its place.
  if (state.status === 'none' || state.group !== group)
    return { place: undefined, answer: { status: 'none', ...nothing } }
  const { status } = state
  return { place, answer: { status, ...(state.status === 'active' ? read(state) : nothing) } }
}

export const rosterAsOf = (world: AsOfWorld, group: GroupId, moment: Moment): Promise<AsOf<RosterAsOf>> =>
  ofGroup(world, group, moment, (state) => ({
    epoch: String(state.mls.epoch),
    members: membersOf(state),
    removals: [...state.required.values()].map(({ occupant: { leafIndex, client }, reason }) => ({
      leafIndex,
      client,
      reason,
    })),
  }))

export const rolesAsOf = (
  world: AsOfWorld,
  group: GroupId,
  moment: Moment,
): Promise<AsOf<{ readonly status: Group['status']; readonly roles?: { readonly [user: string]: Role } }>> =>
  ofGroup(world, group, moment, ({ users }) => ({
    roles: Object.fromEntries([...users].map(([user, { role }]) => [user, role])),
  }))

export const settingsAsOf = (
  world: AsOfWorld,
  group: GroupId,
  moment: Moment,
): Promise<AsOf<{ readonly status: Group['status']; readonly settings?: GroupSettings }>> =>
  ofGroup(world, group, moment, ({ settings }) => ({ settings }))

const membersOf = ({ leaves, users }: ActiveGroup): readonly MemberAsOf[] => {
  const clients = new Map<UserId, { readonly client: ClientId; readonly leafIndex: number }[]>()
  for (const { user, client, leafIndex } of [...leaves.values()].sort((a, b) => a.leafIndex - b.leafIndex))
    clients.set(user, [...(clients.get(user) ?? []), { client, leafIndex }])
  return [...clients].map(([user, seats]) => ({ user, role: users.get(user)?.role ?? 'member', clients: seats }))
}

export type UserAsOf = { readonly status: UserState['status']; readonly clients?: readonly ClientId[] }

/** No handle: who was erased stays so, and nobody is named by history. */
export const clientsAsOf = async (world: AsOfWorld, user: UserId, moment: Moment): Promise<AsOf<UserAsOf>> => {
  const { place, answer: state } = await stateAt(world, userAggregate, userStream(user), moment)
  if (state.status !== 'active') return { place, answer: { status: state.status } }
  return { place, answer: { status: state.status, clients: state.clients.map(({ client }) => client) } }
}

export type PolicyAsOf = { readonly status: UserState['status']; readonly discovery?: string; readonly claims?: string }

export const policyAsOf = async (world: AsOfWorld, user: UserId, moment: Moment): Promise<AsOf<PolicyAsOf>> => {
  const { place, answer: state } = await stateAt(world, userAggregate, userStream(user), moment)
  if (state.status !== 'active') return { place, answer: { status: state.status } }
  const { status, discovery, claims } = state
  return { place, answer: { status, discovery, claims } }
}

/** What operators had said; of the rest the settings said, which no log has. */
export type LimitsAsOf = { readonly limits: { readonly [name: string]: LimitValue } }

export const limitsAsOf = async (world: AsOfWorld, moment: Moment): Promise<AsOf<LimitsAsOf>> => {
  const { place, answer } = await stateAt(world, policyAggregate, policyStream, moment)
  return { place, answer: { limits: Object.fromEntries(valuesSet(answer)) } }
}

export type MaintenanceAsOf = { readonly maintenance: boolean }

export const maintenanceAsOf = async (world: AsOfWorld, moment: Moment): Promise<AsOf<MaintenanceAsOf>> => {
  const { place, answer } = await stateAt(world, policyAggregate, policyStream, moment)
  return { place, answer: { maintenance: answer.maintenance?.on === true } }
}

/** `setting`: no operator had said who may register, and the setting REGISTRATION held. */
export type RegistrationAsOf = { readonly registration: RegistrationMode | 'setting' }

export const registrationAsOf = async (world: AsOfWorld, moment: Moment): Promise<AsOf<RegistrationAsOf>> => {
  const { place, answer } = await stateAt(world, operatorsAggregate, operatorsStream, moment)
  return { place, answer: { registration: answer.registration ?? 'setting' } }
}

export type StockAsOf = { readonly closed: boolean; readonly stock: readonly StockCount[] }

/** `at`: what had expired by then is not counted, ms since 1970. */
export const stockAsOf = async (
  world: AsOfWorld,
  client: ClientId,
  moment: Moment,
  at: number,
): Promise<AsOf<StockAsOf>> => {
  const { place, answer: state } = await stateAt(world, keyPackagesAggregate, keyPackagesStream(client), moment)
  return { place, answer: { closed: state.closed, stock: stockOf(state, at) } }
}
