/** A group on the server and in its clients, moved together: given what was done, when a command comes, then its events. */
import type { ClientState, Proposal, PublicMessage } from 'ts-mls'
import type { Decision } from '#src/streams/decider.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { acceptGroupCommit } from '#src/commands/group/commits.js'
import { createGroup } from '#src/commands/group/creation.js'
import type { By } from '#src/commands/group/access.js'
import { applicationHeader, refuseMessage } from '#src/commands/group/messages.js'
import { acceptGroupProposal } from '#src/commands/group/proposals.js'
import { reserveGroupId } from '#src/commands/group/reservation.js'
import type { ActiveGroup, Group } from '#src/commands/group/fold/state.js'
import type { Rejection } from '#src/streams/rejection.js'
import type { GroupEvent } from '#src/events/group.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { decodeCommitBundleParts, decodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { limitDefaults } from '#src/limits/limits.js'
import {
  add,
  blobOf,
  commitOf,
  freshGroupId,
  groupInfoOf,
  joined,
  keyPackageOf,
  makeClient,
  makeWorld,
  newGroup,
  now,
  proposalOf,
  received,
  remove,
} from './mlsFixture.js'
import type { Committed, TestClient, World } from './mlsFixture.js'

export const settings = { retentionMs: 1_000_000 }
export const until = now + 600_000

export type TestGroup = {
  readonly world: World
  readonly group: GroupId
  /** Every event so far. */
  readonly past: () => readonly GroupEvent[]
  readonly state: () => Group
  readonly active: () => ActiveGroup
  /** Decides, and when accepted, happens. */
  readonly when: (decide: (state: Group) => Decision<GroupEvent>) => Outcome
  /** A client's MLS state. */
  readonly of: (client: TestClient) => ClientState
  readonly set: (client: TestClient, state: ClientState) => void
  readonly leafOf: (client: TestClient) => number
}
export type Outcome = readonly GroupEvent[] | Rejection

export const codeOf = (outcome: Outcome): string => ('code' in outcome ? outcome.code : 'accepted')
export const typesOf = (outcome: Outcome): readonly string[] =>
  'code' in outcome ? [`refused: ${outcome.code}`] : outcome.map(({ type }) => type)

export const emptyTestGroup = (world: World, group = freshGroupId()): TestGroup => {
  const past: GroupEvent[] = []
  let state: Group = groupAggregate.initial
  const states = new Map<string, ClientState>()
  const active = (): ActiveGroup => {
    if (state.status !== 'active') throw new Error(`the group is ${state.status}`)
    return state
  }
  const when: TestGroup['when'] = (decide) => {
    const decision = decide(state)
    if ('rejected' in decision) return decision.rejected
    for (const event of decision.accepted) {
      state = groupAggregate.evolve(state, event, { revision: past.length, at: now })
      past.push(event)
    }
    return decision.accepted
  }
  return {
    world,
    group,
    past: () => past,
    state: () => state,
    active,
    when,
    of: ({ client }) => {
      const own = states.get(client)
      if (own === undefined) throw new Error('not in the group')
      return own
    },
    set: ({ client }, own) => {
      states.set(client, own)
    },
    leafOf: ({ client }) => {
      const leafIndex = active().clients.get(client)
      if (leafIndex === undefined) throw new Error('no leaf')
      return leafIndex
    },
  }
}

export const reserve = (testGroup: TestGroup, by: By, open = 0): Outcome =>
  testGroup.when(reserveGroupId({ by, group: testGroup.group, until, open, limits: limitDefaults }))

export const create = async (testGroup: TestGroup, creator: TestClient): Promise<Outcome> => {
  const own = await newGroup(testGroup.world, creator, testGroup.group)
  testGroup.set(creator, own)
  return createWith(testGroup, creator, await groupInfoOf(own))
}

export const createWith = (
  testGroup: TestGroup,
  by: By,
  groupInfo: Uint8Array,
  options: { readonly ratchetTree?: Uint8Array; readonly at?: number; readonly groupsOfClient?: number } = {},
): Outcome =>
  testGroup.when(
    createGroup({
      by,
      group: testGroup.group,
      groupInfo,
      ratchetTree: options.ratchetTree,
      groupInfoBlob: blobOf(groupInfo),
      settings,
      policy: testGroup.world.policy,
      now: options.at ?? now,
      groupsOfClient: options.groupsOfClient ?? 0,
      limits: limitDefaults,
    }),
  )

/** Posts a Commit; once accepted the committer's state is the new one. */
export const post = (
  testGroup: TestGroup,
  by: By,
  made: Pick<Committed, 'commit' | 'welcome' | 'groupInfo'>,
  groupMembersMax: number = limitDefaults.groupMembersMax,
): Outcome => {
  const bundle = decodeCommitBundleParts(made)
  if (!bundle.ok) throw new Error(`${bundle.refusal.code} ${bundle.refusal.reason}`)
  return testGroup.when(
    acceptGroupCommit({
      by,
      bundle: bundle.value,
      groupInfo: blobOf(made.groupInfo),
      welcome: made.welcome === undefined ? undefined : blobOf(made.welcome),
      policy: testGroup.world.policy,
      fullClients: new Set(),
      limits: { ...limitDefaults, groupMembersMax },
    }),
  )
}

/** A Commit that goes well: everybody who is there follows it. */
export const commit = async (
  testGroup: TestGroup,
  by: TestClient,
  proposals: readonly Proposal[],
  others: readonly TestClient[] = [],
): Promise<readonly GroupEvent[]> => {
  const made = await commitOf(testGroup.of(by), [...proposals])
  const outcome = post(testGroup, by, made)
  if ('code' in outcome) throw new Error(JSON.stringify(outcome))
  testGroup.set(by, made.state)
  await follow(testGroup, made.parsed, others)
  return outcome
}

const follow = async (testGroup: TestGroup, message: PublicMessage, others: readonly TestClient[]): Promise<void> => {
  for (const other of others) testGroup.set(other, await received(testGroup.of(other), message))
}

export const addAll = async (
  testGroup: TestGroup,
  by: TestClient,
  newcomers: readonly TestClient[],
  others: readonly TestClient[] = [],
): Promise<void> => {
  const packages = await Promise.all(newcomers.map((newcomer) => keyPackageOf(testGroup.world, newcomer)))
  const made = await commitOf(testGroup.of(by), packages.map(add))
  const outcome = post(testGroup, by, made)
  if ('code' in outcome) throw new Error(JSON.stringify(outcome))
  testGroup.set(by, made.state)
  await follow(testGroup, made.parsed, others)
  for (const [index, newcomer] of newcomers.entries()) {
    const own = packages[index]
    if (made.welcomed === undefined || own === undefined) throw new Error('no Welcome')
    testGroup.set(newcomer, await joined(made.welcomed, own, made.state))
  }
}

export const propose = async (
  testGroup: TestGroup,
  by: TestClient,
  proposal: Proposal,
  others: readonly TestClient[] = [],
  as: By = by,
): Promise<Outcome> => {
  const made = await proposalOf(testGroup.of(by), proposal)
  const outcome = postProposal(testGroup, as, made.message)
  if ('code' in outcome) return outcome
  testGroup.set(by, made.state)
  await follow(testGroup, made.parsed, others)
  return outcome
}

export const postProposal = (testGroup: TestGroup, by: By, bytes: Uint8Array): Outcome => {
  const message = decodeMlsMessage(bytes)
  if (!message.ok) return { code: 'malformed', detail: message.refusal.reason }
  if (message.value.wireFormat !== 'publicMessage') throw new Error('not a public message')
  return testGroup.when(
    acceptGroupProposal({
      by,
      message: message.value.publicMessage,
      bytes,
      policy: testGroup.world.policy,
      fullClients: new Set(),
      limits: limitDefaults,
    }),
  )
}

export const leave = (testGroup: TestGroup, client: TestClient, others: readonly TestClient[] = []): Promise<Outcome> =>
  propose(testGroup, client, remove(testGroup.leafOf(client)), others)

/** What the server says to a message. */
export const send = (testGroup: TestGroup, by: By, bytes: Uint8Array): string => {
  const message = decodeMlsMessage(bytes)
  if (!message.ok) return message.refusal.code
  const header = applicationHeader(message.value)
  if ('rejected' in header) return header.rejected.code
  return refuseMessage(testGroup.state(), by, header, limitDefaults)?.rejected.code ?? 'accepted'
}

export type Trio = {
  readonly testGroup: TestGroup
  readonly alice: TestClient
  readonly bob: TestClient
  readonly carol: TestClient
}

/** Alice's group, with bob and carol in it; she is its admin. */
export const trio = async (given?: World): Promise<Trio> => {
  const world = given ?? (await makeWorld())
  const testGroup = emptyTestGroup(world)
  const [alice, bob, carol] = [await makeClient(world), await makeClient(world), await makeClient(world)]
  reserve(testGroup, alice)
  const created = await create(testGroup, alice)
  if ('code' in created) throw new Error(JSON.stringify(created))
  await addAll(testGroup, alice, [bob, carol])
  return { testGroup, alice, bob, carol }
}
