/**
 * Accepting the one Commit that ends an epoch: verified as a member without secrets can, judged by authority, held
 * against its bundle. The append that expects this revision is what makes it the only one.
 */
import type { BlobReference } from '../../events/form/fields.js'
import type { AddressedLeaf, GroupEvent } from '../../events/group.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { checkBundle } from '../../mls/group/checkBundle.js'
import { askedCommit } from '../../mls/group/askedCommit.js'
import type { AskedCommit } from '../../mls/group/askedCommit.js'
import { checkExternalPub } from '../../mls/group/externalPub.js'
import type { PublicMessage } from '../../mls/wire/framing.js'
import type { CommitBundle } from '../../mls/wire/mlsMessage.js'
import type { Proposal } from '../../mls/wire/proposal.js'
import { stageCommit } from '../../mls/group/stageCommit.js'
import type { StagedCommit } from '../../mls/group/stagedCommit.js'
import { accept } from '../../streams/decider.js'
import type { Decider, Decision } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { entitledToJoin, refuseElsewhere, seatOf } from './access.js'
import type { By, Seat } from './access.js'
import { notAllowed, pendingRemovals, refuseFull, refuseProposal } from './authority.js'
import type { Full } from './authority.js'
import { addressedLeaf, isLeafOf, occupantOf } from './leaves.js'
import type { LeafPolicy } from './leaves.js'
import { refusePlace, refuseSender } from './proposals.js'
import { rejectionOf } from './refusals.js'
import type { ActiveGroup, Group } from './fold/state.js'
import { withSuccession } from './succession.js'

export type AcceptCommit = {
  readonly by: By
  readonly bundle: CommitBundle
  readonly groupInfo: BlobReference
  readonly welcome: BlobReference | undefined
  readonly policy: LeafPolicy
  readonly fullClients: Full['fullClients']
  readonly limits: Full['limits'] & { readonly groupMembersMax: number }
}

export const acceptGroupCommit: Decider<AcceptCommit, Group, GroupEvent> = (command) => (state) => {
  const external = command.bundle.commit.content.sender.type === 'newMemberCommit'
  return external ? acceptExternal(state, command) : acceptMembers(state, command)
}

/**
 * What can be said before anything costly is verified: whether this client may commit here at all, in this epoch, so many
 * newcomers, by these kinds of proposals, together. Else the group, and what is asked of it, for the rest to be looked at.
 */
export const refuseCommit = (
  state: Group,
  { by, bundle: { commit }, limits }: Pick<AcceptCommit, 'by' | 'bundle' | 'limits'>,
): Rejected | Looked => {
  const isExternal = commit.content.sender.type === 'newMemberCommit'
  const looked = isExternal ? lookFromOutside(state, by, commit) : lookAtMembers(state, by, commit)
  if ('rejected' in looked) return looked
  const { group } = looked
  const refused = refuseCount(group, commit, limits)
  if (refused !== undefined) return refused
  const asked = askedCommit(group.mls, commit)
  return asked.ok ? { group, asked: asked.value } : rejectionOf(asked.refusal, 'commit')
}

export type Looked = { readonly group: ActiveGroup; readonly asked: AskedCommit }

const lookFromOutside = (state: Group, by: By, commit: PublicMessage): Rejected | { readonly group: ActiveGroup } => {
  const group = entitledToJoin(state, by)
  return 'rejected' in group
    ? group
    : (refuseElsewhere(group) ?? refusePlace(group, commit) ?? refuseBrought(commit) ?? { group })
}

const lookAtMembers = (
  state: Group,
  by: By,
  commit: PublicMessage,
): Rejected | { readonly group: ActiveGroup; readonly seat: Seat } => {
  const seat = seatOf(state, by)
  if ('rejected' in seat) return seat
  return refuseSender(seat, commit) ?? refuseProposals(seat, commit) ?? { group: seat.group, seat }
}

const acceptMembers = (state: Group, command: AcceptCommit): Decision<GroupEvent> => {
  const looked = lookAtMembers(state, command.by, command.bundle.commit)
  if ('rejected' in looked) return looked
  const { seat } = looked
  const { commit } = command.bundle
  const refused = refuseCount(seat.group, commit, command.limits) ?? refuseFullClients(commit, command)
  if (refused !== undefined) return refused
  const staged = stageCommit(seat.group.mls, commit, command.policy)
  if (!staged.ok) return rejectionOf(staged.refusal, 'commit')
  return refuseMissing(seat.group, staged.value) ?? conclude(seat.group, staged.value, command)
}

/** RFC 9420 §12.4.3.2, narrowed to resync and to another client of a user that is there (docs/rules.md). */
const acceptExternal = (state: Group, command: AcceptCommit): Decision<GroupEvent> => {
  const looked = lookFromOutside(state, command.by, command.bundle.commit)
  if ('rejected' in looked) return looked
  const { group } = looked
  const staged = stageCommit(group.mls, command.bundle.commit, command.policy)
  if (!staged.ok) return rejectionOf(staged.refusal, 'commit')
  const removed = staged.value.removed.map(({ leafIndex }) => leafIndex)
  const own = group.clients.get(command.by.client)
  if (removed.some((leafIndex) => leafIndex !== own)) return reject({ code: 'not-allowed', capability: 'remove' })
  if (own !== undefined && removed.length === 0) return reject({ code: 'invalid-commit', reason: 'resync' })
  return conclude(group, staged.value, command)
}

/** Those by value count as the committer's; those by reference were judged when they were accepted. */
const refuseProposals = (seat: Seat, commit: PublicMessage): Rejected | undefined => {
  const { content } = commit.content
  if (content.type !== 'commit') {
    return reject({ code: 'unsupported-message', reason: `a ${content.type} is not a Commit` })
  }
  return firstRefused(proposalsByValue(commit), (proposal) => refuseProposal(seat, proposal))
}

/** What a newcomer may bring beside its own leaf: all but keys that the others may not have. */
const refuseBrought = (commit: PublicMessage): Rejected | undefined =>
  firstRefused(proposalsByValue(commit), ({ type }) => (type === 'preSharedKey' ? notAllowed(type) : undefined))

/** How many there would be, by the numbers of proposals alone. */
const refuseCount = (
  group: ActiveGroup,
  commit: PublicMessage,
  limits: AcceptCommit['limits'],
): Rejected | undefined => {
  const types = proposedTypes(group, commit)
  const count = (type: Proposal['type']): number => types.filter((one) => one === type).length
  const external = commit.content.sender.type === 'newMemberCommit' ? 1 : 0
  return refuseSize(group, { added: count('add') + external, removed: count('remove') }, limits)
}

const proposedTypes = ({ mls }: ActiveGroup, { content: { content } }: PublicMessage): readonly Proposal['type'][] => {
  if (content.type !== 'commit') return []
  return content.commit.proposals.flatMap((item) => {
    if (item.type === 'proposal') return item.proposal.type
    return mls.pending.get(toBase64url(item.ref))?.proposal.type ?? []
  })
}

const refuseFullClients = (commit: PublicMessage, command: AcceptCommit): Rejected | undefined =>
  firstRefused(proposalsByValue(commit), (proposal) => refuseFull(proposal, command))

export const proposalsByValue = ({ content: { content } }: PublicMessage): readonly Proposal[] => {
  if (content.type !== 'commit') return []
  return content.commit.proposals.flatMap((item) => (item.type === 'proposal' ? [item.proposal] : []))
}

const firstRefused = (
  proposals: readonly Proposal[],
  refuse: (proposal: Proposal) => Rejected | undefined,
): Rejected | undefined => {
  for (const proposal of proposals) {
    const refused = refuse(proposal)
    if (refused !== undefined) return refused
  }
  return undefined
}

/** Self-removals and required removals must be in it; a self-removal that is pending is also required. */
const refuseMissing = (group: ActiveGroup, { removed }: StagedCommit): Rejected | undefined => {
  const gone = new Set(removed.map(({ leafIndex }) => leafIndex))
  const leaves = [...group.required.keys()].filter((leafIndex) => !gone.has(leafIndex))
  if (leaves.length === 0) return undefined
  const pending = pendingRemovals(group)
  const refs = leaves.flatMap((leafIndex) => pending.get(leafIndex) ?? [])
  return reject({ code: 'commit-missing-proposals', refs, leaves })
}

const conclude = (group: ActiveGroup, staged: StagedCommit, command: AcceptCommit): Decision<GroupEvent> => {
  const refused = refuseCommitter(staged, command.by)
  if (refused !== undefined) return refused
  const seats = seatsOf(staged, command.policy)
  if ('rejected' in seats) return seats
  const { groupInfo, welcome } = command.bundle
  const joinable = checkExternalPub(staged.next.tree.suite, groupInfo)
  if (!joinable.ok) return rejectionOf(joinable.refusal, 'groupInfo')
  const bundle = checkBundle(staged, groupInfo, welcome)
  if (!bundle.ok) return rejectionOf(bundle.refusal, 'groupInfo')
  const event = commitAccepted(group, staged, seats, command)
  return accept(...(staged.removed.length === 0 ? [event] : withSuccession(group, [event])))
}

/** The leaf that an external Commit makes is the token's client; of a member's it was found by its sender. */
const refuseCommitter = ({ committer }: StagedCommit, by: By): Rejected | undefined =>
  isLeafOf(committer.leaf, by)
    ? undefined
    : reject({ code: 'identity-mismatch', detail: 'the committer is not the client of the token' })

const refuseSize = (
  group: ActiveGroup,
  { added, removed }: { readonly added: number; readonly removed: number },
  { groupMembersMax: max }: AcceptCommit['limits'],
): Rejected | undefined => {
  const size = group.leaves.size - removed + added
  return size <= max || added <= removed ? undefined : reject({ code: 'limit-reached', limit: 'groupMembersMax', max })
}

type Added = AddressedLeaf & { readonly keyPackageRef?: string }
type Seats = { readonly added: readonly Added[]; readonly updated: readonly AddressedLeaf[] }

/** Who sits where after it, read from the leaves themselves. */
export const seatsOf = (staged: StagedCommit, policy: LeafPolicy): Seats | Rejected => {
  const added: Added[] = []
  const updated: AddressedLeaf[] = []
  const { committer } = staged
  const newcomers = [
    ...staged.added.map(({ leafIndex, leaf, keyPackageRef }) => ({ leafIndex, leaf, keyPackageRef })),
    ...(staged.external ? [{ ...committer, keyPackageRef: undefined }] : []),
  ]
  for (const { leafIndex, leaf, keyPackageRef } of newcomers) {
    const seat = addressedLeaf(leafIndex, leaf, policy)
    if (!seat.ok) return rejectionOf(seat.refusal, 'commit')
    added.push(keyPackageRef === undefined ? seat.value : { ...seat.value, keyPackageRef: toBase64url(keyPackageRef) })
  }
  for (const { leafIndex, after } of staged.updated) {
    const seat = addressedLeaf(leafIndex, after, policy)
    if (!seat.ok) return rejectionOf(seat.refusal, 'commit')
    updated.push(seat.value)
  }
  return { added, updated }
}

export const commitAccepted = (
  group: ActiveGroup,
  staged: StagedCommit,
  { added, updated }: Seats,
  { by, bundle, groupInfo, welcome }: Pick<AcceptCommit, 'by' | 'bundle' | 'groupInfo' | 'welcome'>,
): GroupEvent => {
  const { leafIndex } = staged.committer
  return {
    type: 'CommitAccepted',
    data: {
      group: group.group,
      epoch: String(staged.next.epoch),
      commit: toBase64url(bundle.commitBytes),
      committer: { leafIndex, user: by.user, client: by.client },
      external: staged.external,
      ...(staged.resyncOf === undefined ? {} : { resyncOf: staged.resyncOf }),
      added: [...added],
      removed: staged.removed.map((leaf) => occupantOf(group, leaf.leafIndex)),
      updated: [...updated],
      groupInfo,
      ...(welcome === undefined ? {} : { welcome }),
    },
  }
}
