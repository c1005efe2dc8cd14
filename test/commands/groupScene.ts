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
import type { ActiveGroup, Group } from '#src/commands/group/state.js'
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

export type Scene = {
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

export const emptyScene = (world: World, group = freshGroupId()): Scene => {
  const past: GroupEvent[] = []
  let state: Group = groupAggregate.initial
  const states = new Map<string, ClientState>()
  const active = (): ActiveGroup => {
    if (state.status !== 'active') throw new Error(`the group is ${state.status}`)
    return state
  }
  const when: Scene['when'] = (decide) => {
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

export const reserve = (scene: Scene, by: By, open = 0): Outcome =>
  scene.when(reserveGroupId({ by, group: scene.group, until, open, limits: limitDefaults }))

export const create = async (scene: Scene, creator: TestClient): Promise<Outcome> => {
  const own = await newGroup(scene.world, creator, scene.group)
  scene.set(creator, own)
  return createWith(scene, creator, await groupInfoOf(own))
}

export const createWith = (
  scene: Scene,
  by: By,
  groupInfo: Uint8Array,
  options: { readonly ratchetTree?: Uint8Array; readonly at?: number; readonly groupsOfClient?: number } = {},
): Outcome =>
  scene.when(
    createGroup({
      by,
      group: scene.group,
      groupInfo,
      ratchetTree: options.ratchetTree,
      groupInfoBlob: blobOf(groupInfo),
      settings,
      policy: scene.world.policy,
      now: options.at ?? now,
      groupsOfClient: options.groupsOfClient ?? 0,
      limits: limitDefaults,
    }),
  )

/** Posts a Commit; once accepted the committer's state is the new one. */
export const post = (
  scene: Scene,
  by: By,
  made: Pick<Committed, 'commit' | 'welcome' | 'groupInfo'>,
  groupMembersMax: number = limitDefaults.groupMembersMax,
): Outcome => {
  const bundle = decodeCommitBundleParts(made)
  if (!bundle.ok) throw new Error(`${bundle.refusal.code} ${bundle.refusal.reason}`)
  return scene.when(
    acceptGroupCommit({
      by,
      bundle: bundle.value,
      groupInfo: blobOf(made.groupInfo),
      welcome: made.welcome === undefined ? undefined : blobOf(made.welcome),
      policy: scene.world.policy,
      fullClients: new Set(),
      limits: { ...limitDefaults, groupMembersMax },
    }),
  )
}

/** A Commit that goes well: everybody who is there follows it. */
export const commit = async (
  scene: Scene,
  by: TestClient,
  proposals: readonly Proposal[],
  others: readonly TestClient[] = [],
): Promise<readonly GroupEvent[]> => {
  const made = await commitOf(scene.of(by), [...proposals])
  const outcome = post(scene, by, made)
  if ('code' in outcome) throw new Error(JSON.stringify(outcome))
  scene.set(by, made.state)
  await follow(scene, made.parsed, others)
  return outcome
}

const follow = async (scene: Scene, message: PublicMessage, others: readonly TestClient[]): Promise<void> => {
  for (const other of others) scene.set(other, await received(scene.of(other), message))
}

export const addAll = async (
  scene: Scene,
  by: TestClient,
  newcomers: readonly TestClient[],
  others: readonly TestClient[] = [],
): Promise<void> => {
  const packages = await Promise.all(newcomers.map((newcomer) => keyPackageOf(scene.world, newcomer)))
  const made = await commitOf(scene.of(by), packages.map(add))
  const outcome = post(scene, by, made)
  if ('code' in outcome) throw new Error(JSON.stringify(outcome))
  scene.set(by, made.state)
  await follow(scene, made.parsed, others)
  for (const [index, newcomer] of newcomers.entries()) {
    const own = packages[index]
    if (made.welcomed === undefined || own === undefined) throw new Error('no Welcome')
    scene.set(newcomer, await joined(made.welcomed, own, made.state))
  }
}

export const propose = async (
  scene: Scene,
  by: TestClient,
  proposal: Proposal,
  others: readonly TestClient[] = [],
  as: By = by,
): Promise<Outcome> => {
  const made = await proposalOf(scene.of(by), proposal)
  const outcome = postProposal(scene, as, made.message)
  if ('code' in outcome) return outcome
  scene.set(by, made.state)
  await follow(scene, made.parsed, others)
  return outcome
}

export const postProposal = (scene: Scene, by: By, bytes: Uint8Array): Outcome => {
  const message = decodeMlsMessage(bytes)
  if (!message.ok) return { code: 'malformed', detail: message.refusal.reason }
  if (message.value.wireFormat !== 'publicMessage') throw new Error('not a public message')
  return scene.when(
    acceptGroupProposal({
      by,
      message: message.value.publicMessage,
      bytes,
      policy: scene.world.policy,
      fullClients: new Set(),
      limits: limitDefaults,
    }),
  )
}

export const leave = (scene: Scene, client: TestClient, others: readonly TestClient[] = []): Promise<Outcome> =>
  propose(scene, client, remove(scene.leafOf(client)), others)

/** What the server says to a message. */
export const send = (scene: Scene, by: By, bytes: Uint8Array): string => {
  const message = decodeMlsMessage(bytes)
  if (!message.ok) return message.refusal.code
  const header = applicationHeader(message.value)
  if ('rejected' in header) return header.rejected.code
  return refuseMessage(scene.state(), by, header, limitDefaults)?.rejected.code ?? 'accepted'
}

export type Cast = {
  readonly scene: Scene
  readonly alice: TestClient
  readonly bob: TestClient
  readonly carol: TestClient
}

/** Alice's group, with bob and carol in it; she is its admin. */
export const trio = async (given?: World): Promise<Cast> => {
  const world = given ?? (await makeWorld())
  const scene = emptyScene(world)
  const [alice, bob, carol] = [await makeClient(world), await makeClient(world), await makeClient(world)]
  reserve(scene, alice)
  const created = await create(scene, alice)
  if ('code' in created) throw new Error(JSON.stringify(created))
  await addAll(scene, alice, [bob, carol])
  return { scene, alice, bob, carol }
}
