/**
 * A group run by ts-mls clients and followed by the server's public group: adds, removes, updates, proposals by reference
 * and by value, leaves, newcomers' own Adds, external commits and resyncs, drawn by a seed. After every epoch each
 * member's tree hash, transcript hash and confirmation tag must be the server's.
 */
import { randomBytes } from 'node:crypto'
import type { Proposal } from 'ts-mls'
import { acceptProposal } from '#src/mls/group/acceptProposal.js'
import { checkBundle } from '#src/mls/group/checkBundle.js'
import { createPublicGroup } from '#src/mls/group/createPublicGroup.js'
import type { PublicMessage } from '#src/mls/wire/framing.js'
import { decodeMlsMessage, type MlsMessage } from '#src/mls/wire/mlsMessage.js'
import { encodeTree, members as membersOf, type PublicGroup } from '#src/mls/group/publicGroup.js'
import { restoreGroup, snapshot } from '#src/mls/group/snapshot.js'
import { applyCommit, stageCommit } from '#src/mls/group/stageCommit.js'
import type { StagedCommit } from '#src/mls/group/stagedCommit.js'
import { lenient, requiring } from '../mls/forge.js'
import { accepted, refusalOf, toHex } from '../mls/vectors.js'
import { seeded, type Seeded } from '../ports/seeded.js'
import type { Simulation } from './main.js'
import {
  bareGroupInfo,
  commit,
  commitExternally,
  foundGroup,
  groupInfoOf,
  join,
  leafIndexOf,
  newcomer,
  type Newcomer,
  propose,
  proposeJoin,
  proposeUpdate,
  receive,
  type Sent,
  type SimulatedMember,
} from './mlsMember.js'

const membersMax = 14

type World = {
  readonly random: Seeded
  readonly policy: typeof lenient
  readonly counts: Map<string, number>
  group: PublicGroup
  /** By name. */
  members: Map<string, SimulatedMember>
  /** Those whose Add is pending, by name. */
  invited: Map<string, Newcomer>
  named: number
}

export const simulation: Simulation = async ({ seed, epochs }) => {
  const world = await begin(seed)
  while (world.group.epoch < BigInt(epochs)) {
    for (let n = world.random.integer(4); n > 0; n--) await proposeSomething(world)
    await commitSomething(world)
    await compare(world)
  }
  const counts = [...world.counts].sort().map(([what, count]) => `${count} ${what}`)
  return `seed ${seed}: ${epochs} epochs, all hashes equal; ${counts.join(', ')}`
}

const begin = async (seed: number): Promise<World> => {
  const now = Date.now()
  const policy = { ...lenient, now }
  const creator = await newcomer('client 0', BigInt(Math.floor(now / 1000)))
  const member = await foundGroup(creator, new Uint8Array(randomBytes(16)), requiring([0xf0c1]).data)
  const group = accepted(createPublicGroup(await groupInfoOf(member), undefined, policy))
  const members = new Map([[creator.name, member]])
  return { random: seeded(seed), policy, counts: new Map(), group, members, invited: new Map(), named: 1 }
}

const count = (world: World, what: string): void => {
  world.counts.set(what, (world.counts.get(what) ?? 0) + 1)
}

const nowS = (world: World): bigint => BigInt(Math.floor(world.policy.now / 1000))

const somebodyNew = (world: World): Promise<Newcomer> => newcomer(`client ${world.named++}`, nowS(world))

const anyMember = (world: World): SimulatedMember => world.random.pick([...world.members.values()])

const publicMessage = (bytes: Uint8Array): PublicMessage => messageOf(bytes, 'publicMessage').publicMessage

const messageOf = <W extends MlsMessage['wireFormat']>(
  bytes: Uint8Array,
  wireFormat: W,
): Extract<MlsMessage, { wireFormat: W }> => {
  const message = accepted(decodeMlsMessage(bytes))
  if (message.wireFormat !== wireFormat) throw new Error(`a ${message.wireFormat}, not a ${wireFormat}`)
  return message as Extract<MlsMessage, { wireFormat: W }>
}

/** Someone proposes; what the server refuses reaches nobody, and its sender forgets it. */
const proposeSomething = async (world: World): Promise<void> => {
  const proposer = anyMember(world)
  const kind = world.random.pick(['add', 'remove', 'leave', 'update', 'update', 'join'] as const)
  const added = kind === 'add' || kind === 'join' ? await somebodyNew(world) : undefined
  const message = await makeProposal(world, proposer, kind, added)
  const result = acceptProposal(world.group, publicMessage(message.bytes), world.policy)
  if (!result.ok) {
    count(world, `proposals refused (${result.refusal.reason})`)
    return
  }
  count(world, `${kind} proposals`)
  world.group = result.value.next
  if (added !== undefined) world.invited.set(added.name, added)
  if (message.member !== undefined) world.members.set(message.member.name, message.member)
  await deliver(world, message.publicMessage, message.member?.name)
}

const makeProposal = async (
  world: World,
  proposer: SimulatedMember,
  kind: 'add' | 'remove' | 'leave' | 'update' | 'join',
  added: Newcomer | undefined,
): Promise<Pick<Sent, 'publicMessage' | 'bytes'> & { member?: SimulatedMember }> => {
  if (kind === 'update') return proposeUpdate(proposer)
  if (kind === 'join' && added !== undefined) return proposeJoin(added, await bareGroupInfo(proposer))
  if (added !== undefined) return propose(proposer, addOf(added))
  const removed = leafIndexOf(kind === 'leave' ? proposer : anyMember(world))
  return propose(proposer, { proposalType: 'remove', remove: { removed } })
}

const addOf = ({ keyPackage }: Newcomer): Proposal => ({ proposalType: 'add', add: { keyPackage } })

/** Every member but the sender takes the message. */
const deliver = async (world: World, message: Sent['publicMessage'], sender: string | undefined): Promise<void> => {
  for (const member of world.members.values())
    if (member.name !== sender) world.members.set(member.name, await receive(member, message))
}

const commitSomething = async (world: World): Promise<void> => {
  const kind = world.random.integer(8)
  if (kind === 0 && world.members.size < membersMax && (await external(world, undefined))) return
  if (kind === 1 && (await external(world, anyMember(world)))) return
  if (kind === 2) await refuseContextExtensions(world)
  await commitAsMember(world)
}

/** A newcomer's external commit, or that of a member which comes back; pending proposals lapse. */
const external = async (world: World, back: SimulatedMember | undefined): Promise<boolean> => {
  const from = back ?? (await somebodyNew(world))
  const informant = anyMember(world)
  const committed = await commitExternally(from, informant, back !== undefined)
  if (committed === undefined) {
    count(world, 'external commits that ts-mls could not make')
    return false
  }
  const staged = accept(world, committed, undefined, await groupInfoOf(committed.member))
  if (staged.external && (staged.resyncOf === undefined) === (back === undefined))
    count(world, back === undefined ? 'external commits' : 'resyncs')
  else throw new Error('an external commit taken for something else')
  world.members.delete(from.name)
  await deliver(world, committed.publicMessage, undefined)
  world.members.set(from.name, committed.member)
  world.invited.clear()
  return true
}

/** RFC 9420 §17.4 requires a path with GroupContextExtensions; ts-mls 1.6.4 sends none. */
const refuseContextExtensions = async (world: World): Promise<void> => {
  if (world.group.pending.size > 0) return
  const extensions = [{ extensionType: 'required_capabilities', extensionData: requiring([0xf0c1]).data } as const]
  const proposal: Proposal = { proposalType: 'group_context_extensions', groupContextExtensions: { extensions } }
  const { bytes } = await commit(anyMember(world), [proposal])
  const refusal = refusalOf(stageCommit(world.group, publicMessage(bytes), world.policy))
  if (refusal !== 'invalid-commit pathMissing') throw new Error(`refused for another reason: ${refusal}`)
  count(world, 'commits without their path refused')
}

/** A commit by a member who is not about to go or to update; all that is pending, and something more by value. */
const commitAsMember = async (world: World): Promise<void> => {
  const touched = pendingLeaves(world.group)
  const able = [...world.members.values()].filter((member) => !touched.has(leafIndexOf(member)))
  if (able.length === 0) {
    // Nobody may commit what is pending: it lapses with an external commit, or the round is drawn again.
    if (await external(world, undefined)) return
    throw new Error('nobody can commit')
  }
  const committer = world.random.pick(able)
  const byValue = await valueProposals(world, committer, touched)
  const committed = await commit(committer, byValue)
  const staged = accept(
    world,
    committed,
    committed.welcomeBytes,
    await groupInfoOf(committed.member, world.random.integer(2) === 0),
  )
  count(world, staged.coveredRefs.length > 0 ? 'commits by reference' : 'commits by value')
  world.members.set(committer.name, committed.member)
  await removeAndDeliver(world, staged, committed)
  await admit(world, staged, committed.welcome)
  world.invited.clear()
}

const pendingLeaves = (group: PublicGroup): Set<number> => {
  const leaves = [...group.pending.values()].flatMap(({ proposal, sender }) => {
    if (proposal.type === 'remove') return [proposal.removed]
    return proposal.type === 'update' && sender.type === 'member' ? [sender.leafIndex] : []
  })
  return new Set(leaves)
}

const valueProposals = async (world: World, committer: SimulatedMember, touched: Set<number>): Promise<Proposal[]> => {
  const proposals: Proposal[] = []
  for (let n = world.random.integer(4); n > 1 && world.members.size < membersMax; n--) {
    const added = await somebodyNew(world)
    world.invited.set(added.name, added)
    proposals.push(addOf(added))
  }
  const others = [...world.members.values()]
    .map(leafIndexOf)
    .filter((leaf) => leaf !== leafIndexOf(committer) && !touched.has(leaf))
  const shrinks = others.length > 0 && (world.members.size >= membersMax || world.random.integer(4) === 0)
  if (shrinks) proposals.push({ proposalType: 'remove', remove: { removed: world.random.pick(others) } })
  return proposals
}

/** What the server does with a bundle; replay and restored snapshot must lead to the same state. */
const accept = (
  world: World,
  committed: Sent,
  welcome: Uint8Array | undefined,
  groupInfo: Uint8Array,
): StagedCommit => {
  const message = publicMessage(committed.bytes)
  const restored = accepted(restoreGroup(snapshot(world.group)))
  const staged = accepted(stageCommit(world.group, message, world.policy))
  const welcomed = welcome === undefined ? undefined : messageOf(welcome, 'welcome').welcome
  accepted(checkBundle(staged, messageOf(groupInfo, 'groupInfo').groupInfo, welcomed))
  const replayed = accepted(applyCommit(restored, message)).next
  same('replayed context', replayed.groupContext, staged.next.groupContext)
  world.group = staged.next
  return staged
}

const removeAndDeliver = async (world: World, staged: StagedCommit, { publicMessage, member }: Sent): Promise<void> => {
  const gone = new Set(staged.removed.map(({ leafIndex }) => leafIndex))
  for (const other of world.members.values())
    if (other.name !== member.name && gone.has(leafIndexOf(other))) world.members.delete(other.name)
  await deliver(world, publicMessage, member.name)
}

const admit = async (
  world: World,
  staged: StagedCommit,
  welcome: Parameters<typeof join>[1] | undefined,
): Promise<void> => {
  const tree = encodeTree(staged.next)
  for (const { leaf } of staged.added) {
    const name = leaf.credential.type === 'basic' ? new TextDecoder().decode(leaf.credential.identity) : ''
    const added = world.invited.get(name)
    if (added === undefined || welcome === undefined) throw new Error(`${name} was added and not invited`)
    world.members.set(name, await join(added, welcome, tree))
    count(world, 'joins')
  }
}

const compare = async (world: World): Promise<void> => {
  const { group } = world
  if (membersOf(group).length !== world.members.size) throw new Error('another number of members')
  for (const member of world.members.values()) {
    const { groupContext, confirmationTag } = member.state
    if (groupContext.epoch !== group.epoch) throw new Error('another epoch')
    same('tree hash', groupContext.treeHash, group.treeHash)
    same('confirmed transcript hash', groupContext.confirmedTranscriptHash, group.confirmedTranscriptHash)
    same('confirmation tag', confirmationTag, group.confirmationTag)
  }
  const told = accepted(createPublicGroup(await groupInfoOf(anyMember(world)), undefined, world.policy))
  same('tree of a GroupInfo', encodeTree(told), encodeTree(group))
  same('interim transcript hash', told.interimTranscriptHash, group.interimTranscriptHash)
}

const same = (what: string, one: Uint8Array, other: Uint8Array): void => {
  if (toHex(one) !== toHex(other)) throw new Error(`another ${what}`)
}
