/**
 * Accepting the one Commit that ends an epoch: verified as a member without secrets can, judged by authority, held
 * against its bundle. The append that expects this revision is what makes it the only one.
 */
import type { BlobReference } from '../../events/fields.js'
import type { AddressedLeaf, GroupEvent } from '../../events/group.js'
import { toBase64url } from '../../mls/base64url.js'
import { checkBundle } from '../../mls/checkBundle.js'
import { groupIdFromBytes } from '../../mls/ids.js'
import type { CommitBundle } from '../../mls/mlsMessage.js'
import { stageCommit } from '../../mls/stageCommit.js'
import type { StagedCommit } from '../../mls/stagedCommit.js'
import { accept } from '../decider.js'
import type { Decision } from '../decider.js'
import { reject } from '../rejection.js'
import type { Rejected } from '../rejection.js'
import { entitledToJoin, seatOf } from './access.js'
import type { By, Seat } from './access.js'
import { pendingRemovals, refuseFull, refuseProposal } from './authority.js'
import type { Full } from './authority.js'
import { addressedLeaf, isLeafOf, occupantOf } from './leaves.js'
import type { LeafPolicy } from './leaves.js'
import { refuseSender } from './proposals.js'
import { rejectionOf, wrongEpoch } from './refusals.js'
import type { ActiveGroup, Group } from './state.js'
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

export const acceptGroupCommit =
  (command: AcceptCommit) =>
  (state: Group): Decision<GroupEvent> => {
    const external = command.bundle.commit.content.sender.type === 'newMemberCommit'
    return external ? acceptExternal(state, command) : acceptMembers(state, command)
  }

const acceptMembers = (state: Group, command: AcceptCommit): Decision<GroupEvent> => {
  const seat = seatOf(state, command.by)
  if ('rejected' in seat) return seat
  const refused = refuseSender(seat, command.bundle.commit) ?? refuseProposals(seat, command)
  if (refused !== undefined) return refused
  const staged = stageCommit(seat.group.mls, command.bundle.commit, command.policy)
  if (!staged.ok) return rejectionOf(staged.refusal, 'commit')
  return refuseMissing(seat.group, staged.value) ?? conclude(seat.group, staged.value, command)
}

/** RFC 9420 §12.4.3.2, narrowed to resync and to another client of a user that is there (rules.md). */
const acceptExternal = (state: Group, command: AcceptCommit): Decision<GroupEvent> => {
  const group = entitledToJoin(state, command.by)
  if ('rejected' in group) return group
  const { content } = command.bundle.commit
  if (groupIdFromBytes(content.groupId) !== group.group) {
    return reject({ code: 'malformed', detail: 'the message names another group' })
  }
  if (content.epoch !== group.mls.epoch) return wrongEpoch(group, content.epoch)
  const staged = stageCommit(group.mls, command.bundle.commit, command.policy)
  if (!staged.ok) return rejectionOf(staged.refusal, 'commit')
  const removed = staged.value.removed.map(({ leafIndex }) => leafIndex)
  const own = group.clients.get(command.by.client)
  if (removed.some((leafIndex) => leafIndex !== own)) return reject({ code: 'not-allowed', capability: 'remove' })
  if (own !== undefined && removed.length === 0) return reject({ code: 'invalid-commit', reason: 'resync' })
  return conclude(group, staged.value, command)
}

/** Those by value count as the committer's; those by reference were judged when they were accepted. */
const refuseProposals = (seat: Seat, command: AcceptCommit): Rejected | undefined => {
  const { content } = command.bundle.commit
  if (content.content.type !== 'commit') {
    return reject({ code: 'unsupported-message', reason: `a ${content.content.type} is not a Commit` })
  }
  for (const item of content.content.commit.proposals) {
    if (item.type === 'reference') continue
    const refused = refuseProposal(seat, item.proposal) ?? refuseFull(item.proposal, command)
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
  const refused = refuseCommitter(staged, command.by) ?? refuseSize(group, staged, command.limits)
  if (refused !== undefined) return refused
  const seats = seatsOf(staged, command.policy)
  if ('rejected' in seats) return seats
  const { groupInfo, welcome } = command.bundle
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
  staged: StagedCommit,
  { groupMembersMax: max }: AcceptCommit['limits'],
): Rejected | undefined => {
  const added = staged.added.length + (staged.external ? 1 : 0)
  const size = group.leaves.size - staged.removed.length + added
  return size <= max || added <= staged.removed.length
    ? undefined
    : reject({ code: 'limit-reached', limit: 'groupMembersMax', max })
}

type Added = AddressedLeaf & { readonly keyPackageRef?: string }
type Seats = { readonly added: readonly Added[]; readonly updated: readonly AddressedLeaf[] }

const seatsOf = (staged: StagedCommit, policy: LeafPolicy): Seats | Rejected => {
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

const commitAccepted = (
  group: ActiveGroup,
  staged: StagedCommit,
  { added, updated }: Seats,
  { by, bundle, groupInfo, welcome }: AcceptCommit,
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
