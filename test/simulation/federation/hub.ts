/** What clients do to a group at its hub: forged, judged by the real deciders, and remembered by hand. */
import { groupAggregate } from '#src/commands/group/group.js'
import { acceptGroupCommit } from '#src/commands/group/commits.js'
import { createGroup } from '#src/commands/group/creation.js'
import { acceptGroupProposal } from '#src/commands/group/proposals.js'
import { targetsKept } from '#src/commands/group/servers.js'
import { reserveGroupId } from '#src/commands/group/reservation.js'
import type { ActiveGroup, Group } from '#src/commands/group/fold/state.js'
import type { BlobReference } from '#src/events/form/fields.js'
import { groupStream } from '#src/events/group.js'
import type { GroupEvent } from '#src/events/group.js'
import { messagesShapes, messagesStream } from '#src/events/messages.js'
import { limitDefaults } from '#src/limits/limits.js'
import { fromBase64url, toBase64url } from '#src/mls/bytes/base64url.js'
import { groupIdBytes, makeId } from '#src/mls/wire/ids.js'
import type { ClientId, GroupId } from '#src/mls/wire/ids.js'
import { decodeCommitBundleParts, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import { accept } from '#src/streams/decider.js'
import type { CommandContext, Decide } from '#src/streams/decider.js'
import { addOf, bundleOf, required } from '../../commands/forgedPeople.js'
import type { Person } from '../../commands/forgedPeople.js'
import { forgeGroup, forgeGroupInfo, forgeProposal, none } from '../../mls/forge.js'
import { policy } from './people.js'
import type { Chance } from './random.js'
import type { Server } from './server.js'

export type Hub = {
  readonly server: Server
  readonly chance: Chance
  readonly now: () => number
  readonly people: ReadonlyMap<ClientId, Person>
}

const commandOf = ({ chance, now }: Hub): CommandContext => ({
  id: Buffer.from(chance.bytes(16)).toString('hex'),
  bodyHash: 'simulated',
  at: now(),
})

const stored = async ({ server }: Hub, bytes: Uint8Array): Promise<BlobReference> => ({
  digest: await server.blobs.put(bytes),
  size: bytes.length,
})

const run = async (hub: Hub, group: GroupId, decide: Decide<Group, GroupEvent>): Promise<boolean> => {
  const outcome = await hub.server.streams().execute(groupAggregate, groupStream(group), commandOf(hub), decide)
  return !('rejected' in outcome)
}

export const groupAt = async ({ server }: Pick<Hub, 'server'>, group: GroupId): Promise<ActiveGroup | undefined> => {
  const { state } = await server.streams().read(groupAggregate, groupStream(group))
  return state.status === 'active' ? state : undefined
}

export const found = async (hub: Hub, by: Person, random = hub.chance.bytes(16)): Promise<GroupId> => {
  const group = makeId('group', hub.server.domain, random)
  const groupInfo = forgeGroupInfo(forgeGroup(by.forger, [required], groupIdBytes(group)), by.forger, 0)
  const groupInfoBlob = await stored(hub, groupInfo)
  const limits = limitDefaults
  await run(hub, group, reserveGroupId({ by, group, until: hub.now() + 1_000, open: 0, limits }))
  const settings = { retentionMs: 1_000_000 }
  const more = { ratchetTree: undefined, groupInfoBlob, settings, policy, now: hub.now(), groupsOfClient: 0, limits }
  const made = await run(hub, group, createGroup({ by, group, groupInfo, ...more }))
  if (!made) throw new Error('no group was made')
  return group
}

const memberOf = (hub: Hub, group: ActiveGroup): Person | undefined => {
  const staying = [...group.leaves.values()].filter(({ leafIndex }) => !group.required.has(leafIndex))
  const one = hub.chance.one(staying)
  return one === undefined ? undefined : hub.people.get(one.client)
}

/** A Commit of a member with what must be in it, and perhaps somebody who comes or goes. */
export const commit = async (hub: Hub, id: GroupId): Promise<boolean> => {
  const group = await groupAt(hub, id)
  const by = group === undefined ? undefined : memberOf(hub, group)
  if (group === undefined || by === undefined) return false
  const leafIndex = group.clients.get(by.client) ?? 0
  const refs = [...group.mls.pending.keys()].map((ref) => fromBase64url(ref) ?? none)
  const due = [...group.required.keys()].filter(
    (leaf) => ![...group.mls.pending.values()].some(({ proposal: p }) => p.type === 'remove' && p.removed === leaf),
  )
  const removals = due.map((removed): Proposal => ({ type: 'remove', removed }))
  return commitOf(hub, id, by, [...refs, ...removals, ...whim(hub, group, leafIndex)])
}

/** A member's Commit of just these; false where it is refused. */
export const commitOf = async (
  hub: Hub,
  id: GroupId,
  by: Person,
  proposals: readonly (Proposal | Uint8Array)[],
): Promise<boolean> => {
  const group = await groupAt(hub, id)
  const leafIndex = group?.clients.get(by.client)
  if (group === undefined || leafIndex === undefined) return false
  const bundle = bundleOf(group.mls, by, leafIndex, proposals, policy)
  if (bundle === undefined) return false
  const decoded = decodeCommitBundleParts(bundle)
  if (!decoded.ok) throw new Error(decoded.refusal.reason)
  const groupInfo = await stored(hub, bundle.groupInfo)
  const welcome = bundle.welcome === undefined ? undefined : await stored(hub, bundle.welcome)
  const more = { groupInfo, welcome, policy, fullClients: new Set<ClientId>(), limits: limitDefaults }
  return run(hub, id, acceptGroupCommit({ by, bundle: decoded.value, ...more }))
}

const whim = ({ chance, people }: Hub, group: ActiveGroup, committer: number): readonly Proposal[] => {
  if (chance.percent(45)) {
    const newcomer = chance.one([...people.values()].filter(({ client }) => !group.clients.has(client)))
    return newcomer === undefined ? [] : [addOf(newcomer)]
  }
  const goes = chance.one([...group.leaves.keys()].filter((leaf) => leaf !== committer && !group.required.has(leaf)))
  return goes === undefined || chance.percent(30) ? [] : [{ type: 'remove', removed: goes }]
}

export const propose = async (hub: Hub, id: GroupId): Promise<boolean> => {
  const group = await groupAt(hub, id)
  const by = group === undefined ? undefined : memberOf(hub, group)
  if (group === undefined || by === undefined) return false
  const leafIndex = group.clients.get(by.client) ?? 0
  const publicMessage = forgeProposal(group.mls, by.forger, leafIndex, { type: 'remove', removed: leafIndex })
  const bytes = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })
  const more = { policy, fullClients: new Set<ClientId>(), limits: limitDefaults }
  return run(hub, id, acceptGroupProposal({ by, message: publicMessage, bytes, ...more }))
}

export const notice = async (hub: Hub, id: GroupId): Promise<boolean> => {
  const group = await groupAt(hub, id)
  const user = group === undefined ? undefined : hub.chance.one([...group.users.keys()])
  if (group === undefined || user === undefined) return false
  const profile = await stored(hub, hub.chance.bytes(40))
  const version = (group.profile?.version ?? 0) + 1
  const one = hub.chance.one<GroupEvent>([
    { type: 'RoleChanged', data: { group: id, user, role: 'admin', reason: 'requested' } },
    { type: 'SettingsChanged', data: { group: id, settings: { retentionMs: 1 + hub.chance.below(1e6) }, by: user } },
    { type: 'ProfileChanged', data: { group: id, version, profile, by: user } },
  ])
  return run(hub, id, () => (one === undefined ? accept() : accept(one)))
}

/** As a client would send it, as far as a server can tell. */
export const forgedMessage = (chance: Chance, id: GroupId, epoch: bigint): Uint8Array =>
  encodeMlsMessage({
    wireFormat: 'privateMessage',
    privateMessage: {
      groupId: groupIdBytes(id),
      epoch,
      contentType: 'application',
      authenticatedData: none,
      encryptedSenderData: chance.bytes(28),
      ciphertext: chance.bytes(60),
    },
  })

/** `forSome`: for the leaf that chance says. */
export const message = async (hub: Hub, id: GroupId, forSome = false): Promise<boolean> => {
  const group = await groupAt(hub, id)
  if (group === undefined) return false
  const { epoch } = group.mls
  const leaf = forSome ? hub.chance.one([...group.leaves.keys()]) : undefined
  const targets = targetsKept(group, leaf === undefined ? undefined : [leaf], hub.server.domain)
  const text = toBase64url(forgedMessage(hub.chance, id, epoch))
  const data = { group: id, epoch: String(epoch), message: text, ...targets }
  const event = { type: 'MessageAccepted' as const, data }
  await hub.server.streams().append({ shapes: messagesShapes }, messagesStream(id), commandOf(hub), event)
  return true
}
