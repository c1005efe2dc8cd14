/**
 * Recording what a hub decided: verified as far as a member without secrets can, with every seat read from the leaves here. What
 * who may do is the hub's to judge, so nobody is asked for; what does not verify is a hub that breaks a rule.
 */
import type { BlobReference } from '../../../events/form/fields.js'
import type { AddressedLeaf, GroupEvent, Occupant } from '../../../events/group.js'
import { toBase64url } from '../../../mls/bytes/base64url.js'
import { acceptProposal } from '../../../mls/group/acceptProposal.js'
import { checkBundle } from '../../../mls/group/checkBundle.js'
import type { Result } from '../../../mls/bytes/refusal.js'
import { verifyClaimedGroup } from '../../../mls/group/createPublicGroup.js'
import type { ClaimedGroup } from '../../../mls/group/createPublicGroup.js'
import { members } from '../../../mls/group/publicGroup.js'
import type { PublicGroup } from '../../../mls/group/publicGroup.js'
import { stageCommit } from '../../../mls/group/stageCommit.js'
import type { PublicMessage } from '../../../mls/wire/framing.js'
import { domainOf, groupIdFromBytes } from '../../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../../mls/wire/ids.js'
import { decodeMlsMessage } from '../../../mls/wire/mlsMessage.js'
import type { CommitBundle } from '../../../mls/wire/mlsMessage.js'
import { welcomeRefs } from '../../../mls/wire/welcome.js'
import { accept } from '../../../streams/decider.js'
import type { Decider, Decision } from '../../../streams/decider.js'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { commitAccepted, seatsOf } from '../commits.js'
import { addressedLeaf } from '../leaves.js'
import type { LeafPolicy } from '../leaves.js'
import { kindOf } from '../proposals.js'
import { rejectionOf } from '../refusals.js'
import type { ActiveGroup, Group } from '../fold/state.js'

type Followed = Extract<GroupEvent, { type: 'GroupFollowed' }>['data']
export type PendingBytes = { readonly message: PublicMessage; readonly bytes: Uint8Array }
type Removal = Extract<GroupEvent, { type: 'RemovalRequired' }>['data']

export type FollowGroup = Pick<Followed, 'roles' | 'settings' | 'profile' | 'root'> & {
  readonly hub: Domain
  /** The follower. */
  readonly ours: Domain
  readonly group: GroupId
  /** As it was read from GroupInfo and tree: nothing in it is verified yet. */
  readonly claimed: Result<ClaimedGroup>
  readonly groupInfo: BlobReference
  readonly ratchetTree: BlobReference
  /** Of the Commit that brought our first member. */
  readonly welcome: { readonly bytes: Uint8Array; readonly blob: BlobReference } | undefined
  /** By that Commit. */
  readonly added: readonly { readonly leaf: number; readonly keyPackageRef: string }[]
  readonly proposals: readonly PendingBytes[]
  readonly required: readonly { readonly leaves: readonly number[]; readonly reason: Removal['reason'] }[]
  readonly policy: LeafPolicy
}

/** GroupFollowed, and behind it what was pending there: signature, tree and every member's certificates are verified. */
export const followGroup: Decider<FollowGroup, Group, GroupEvent> = (join) => () => {
  if (domainOf(join.group) !== join.hub)
    return reject({ code: 'identity-mismatch', detail: 'the group is of another domain' })
  const created = join.claimed.ok ? verifyClaimedGroup(join.claimed.value, join.policy) : join.claimed
  if (!created.ok) return rejectionOf(created.refusal, 'groupInfo')
  const mls = created.value
  if (groupIdFromBytes(mls.groupId) !== join.group) return reject({ code: 'group-info-mismatch', reason: 'groupId' })
  const leaves: AddressedLeaf[] = []
  for (const { leafIndex, leaf } of members(mls)) {
    const seat = addressedLeaf(leafIndex, leaf, join.policy)
    if (!seat.ok) return rejectionOf(seat.refusal, 'groupInfo')
    leaves.push(seat.value)
  }
  if (!leaves.some(({ client }) => domainOf(client) === join.ours))
    return reject({ code: 'identity-mismatch', detail: 'nobody of this server is in the group' })
  const unwelcome = refuseWelcome(join, mls, leaves)
  return unwelcome ?? withPending(join, mls, leaves)
}

/** It addresses exactly those who are said to have been added, and they are there. */
const refuseWelcome = (
  { welcome, added }: FollowGroup,
  { cipherSuite }: PublicGroup,
  leaves: readonly AddressedLeaf[],
): Rejected | undefined => {
  const refuseAs = (reason: string): Rejected => reject({ code: 'welcome-mismatch', reason })
  if (!added.every(({ leaf }) => leaves.some(({ leafIndex }) => leafIndex === leaf))) return refuseAs('leaf')
  if (welcome === undefined) return added.length === 0 ? undefined : refuseAs('missing')
  const message = decodeMlsMessage(welcome.bytes)
  if (!message.ok || message.value.wireFormat !== 'welcome') return refuseAs('welcome')
  if (message.value.welcome.cipherSuite !== cipherSuite) return refuseAs('cipherSuite')
  const addressed = welcomeRefs(message.value.welcome).map(toBase64url).sort()
  const expected = added.map(({ keyPackageRef }) => keyPackageRef).sort()
  return addressed.join() === expected.join() && expected.length > 0 ? undefined : refuseAs('refs')
}

const withPending = (join: FollowGroup, mls: PublicGroup, leaves: readonly AddressedLeaf[]): Decision<GroupEvent> => {
  const { group, hub, roles, settings, profile, required, welcome, added, root } = join
  const refs = new Map(added.map(({ leaf, keyPackageRef }) => [leaf, { keyPackageRef }]))
  const seats = new Map(leaves.map(({ leafIndex, user, client }) => [leafIndex, { leafIndex, user, client }]))
  const followed: GroupEvent = {
    type: 'GroupFollowed',
    data: {
      group,
      hub,
      cipherSuite: mls.cipherSuite,
      epoch: String(mls.epoch),
      groupInfo: join.groupInfo,
      ratchetTree: join.ratchetTree,
      ...(welcome === undefined ? {} : { welcome: welcome.blob }),
      leaves: leaves.map((leaf) => ({ ...leaf, ...refs.get(leaf.leafIndex) })),
      roles: [...roles],
      settings,
      ...(profile === undefined ? {} : { profile }),
      ...(root === undefined ? {} : { root }),
    },
  }
  const events: GroupEvent[] = [followed]
  let pending = mls
  for (const one of join.proposals) {
    const proposed = proposalEvent({ group, mls: pending, leaves: seats }, one, join.policy)
    if ('rejected' in proposed) return proposed
    events.push(proposed.event)
    pending = proposed.next
  }
  for (const { leaves: gone, reason } of required) {
    const occupants = gone.flatMap((leafIndex) => seats.get(leafIndex) ?? [])
    if (occupants.length !== gone.length) return reject({ code: 'group-info-mismatch', reason: 'required' })
    events.push({ type: 'RemovalRequired', data: { group, leaves: occupants, reason } })
  }
  return accept(...events)
}

export type FollowCommit = {
  readonly bundle: CommitBundle
  readonly groupInfo: BlobReference
  readonly welcome: BlobReference | undefined
  readonly policy: LeafPolicy
}

export const followCommit: Decider<FollowCommit, Group, GroupEvent> = (command) => (state) => {
  const group = followedIn(state)
  if ('rejected' in group) return group
  const { bundle, policy } = command
  const staged = stageCommit(group.mls, bundle.commit, policy)
  if (!staged.ok) return rejectionOf(staged.refusal, 'commit')
  const checked = checkBundle(staged.value, bundle.groupInfo, bundle.welcome)
  if (!checked.ok) return rejectionOf(checked.refusal, 'groupInfo')
  const seats = seatsOf(staged.value, policy)
  if ('rejected' in seats) return seats
  const { leafIndex, leaf } = staged.value.committer
  const by = addressedLeaf(leafIndex, leaf, policy)
  if (!by.ok) return rejectionOf(by.refusal, 'commit')
  return accept(commitAccepted(group, staged.value, seats, { ...command, by: by.value }))
}

export type FollowProposal = PendingBytes & { readonly policy: LeafPolicy }

export const followProposal: Decider<FollowProposal, Group, GroupEvent> = (command) => (state) => {
  const group = followedIn(state)
  if ('rejected' in group) return group
  const proposed = proposalEvent(group, command, command.policy)
  return 'rejected' in proposed ? proposed : accept(proposed.event)
}

type Before = {
  readonly group: GroupId
  readonly mls: PublicGroup
  readonly leaves: ReadonlyMap<number, Occupant>
}

const proposalEvent = (
  { group, mls, leaves }: Before,
  { message, bytes }: PendingBytes,
  policy: LeafPolicy,
): Rejected | { readonly event: GroupEvent; readonly next: PublicGroup } => {
  const accepted = acceptProposal(mls, message, policy)
  if (!accepted.ok) return rejectionOf(accepted.refusal, 'proposal')
  const { proposal, sender, ref, next } = accepted.value
  const seated = sender.type === 'member' ? leaves.get(sender.leafIndex) : undefined
  if (seated === undefined) return reject({ code: 'not-allowed', capability: sender.type })
  const { leafIndex, user, client } = seated
  const removes = proposal.type === 'remove' ? proposal.removed : undefined
  return {
    next,
    event: {
      type: 'ProposalAccepted',
      data: {
        group,
        epoch: String(mls.epoch),
        ref: toBase64url(ref),
        kind: kindOf(proposal),
        proposal: toBase64url(bytes),
        by: { leafIndex, user, client },
        ...(removes === undefined ? {} : { removes }),
        selfRemoval: removes === leafIndex,
      },
    },
  }
}

/** What a hub may say beside MLS: facts that need no bytes to be verified by. */
export type NoticeEvent = Extract<
  GroupEvent,
  {
    type:
      | 'RoleChanged'
      | 'SettingsChanged'
      | 'ProfileChanged'
      | 'RemovalRequired'
      | 'FaultReported'
      | 'GroupReset'
      | 'GroupDeleted'
      | 'MessagesMissed'
  }
>

/** Of this group, and of people who are in it. */
export const followNotice: Decider<NoticeEvent, Group, GroupEvent> = (notice) => (state) => {
  const group = followedIn(state)
  if ('rejected' in group) return group
  if (notice.data.group !== group.group) return reject({ code: 'malformed', detail: 'the notice names another group' })
  const unknown =
    (notice.type === 'RemovalRequired' && !notice.data.leaves.every((one) => isSeated(group, one))) ||
    (notice.type === 'RoleChanged' && !group.users.has(notice.data.user))
  return unknown ? reject({ code: 'malformed', detail: 'the notice names who is not there' }) : accept(notice)
}

const isSeated = ({ leaves }: ActiveGroup, { leafIndex, user, client }: Occupant): boolean => {
  const seated = leaves.get(leafIndex)
  return seated?.user === user && seated.client === client
}

/** The group, where somebody else decides about it. */
export const followedIn = (state: Group): ActiveGroup | Rejected =>
  state.status === 'active' && state.hub !== undefined ? state : reject({ code: 'no-such-group' })
