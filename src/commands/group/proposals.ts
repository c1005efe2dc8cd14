/** Accepting a proposal sent on its own: judged by its proposer's role, then pending until the epoch ends. */
import type { GroupEvent } from '../../events/group.js'
import { acceptProposal } from '../../mls/group/acceptProposal.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { PublicMessage } from '../../mls/wire/framing.js'
import { groupIdFromBytes } from '../../mls/wire/ids.js'
import type { Proposal, ProposalType } from '../../mls/wire/proposal.js'
import { accept } from '../../streams/decider.js'
import type { Decider, Decision } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { seatOf } from './access.js'
import type { By, Seat } from './access.js'
import { notAllowed, refuseFull, refuseProposal } from './authority.js'
import type { Full } from './authority.js'
import { isLeafOf, occupantOf } from './leaves.js'
import type { LeafPolicy } from './leaves.js'
import { rejectionOf, wrongEpoch } from './refusals.js'
import type { ActiveGroup, Group } from './fold/state.js'
import { hasAdmin, stayingUsers, withSuccession } from './succession.js'

export type ProposalLimits = Full['limits'] & {
  readonly selfRemovalsPerMemberMax: number
  readonly proposalsPerMemberMax: number
}

export type AcceptProposal = {
  readonly by: By
  readonly message: PublicMessage
  /** The MLSMessage as it came. */
  readonly bytes: Uint8Array
  readonly policy: LeafPolicy
  readonly fullClients: Full['fullClients']
  readonly limits: ProposalLimits
}

type Kind = Extract<GroupEvent, { type: 'ProposalAccepted' }>['data']['kind']
const kinds: Readonly<Record<ProposalType, Kind>> = {
  add: 'add',
  update: 'update',
  remove: 'remove',
  preSharedKey: 'psk',
  reInit: 'reinit',
  externalInit: 'externalInit',
  groupContextExtensions: 'groupContextExtensions',
}
export const kindOf = ({ type }: Proposal): Kind => kinds[type]

export const acceptGroupProposal: Decider<AcceptProposal, Group, GroupEvent> = (command) => (state) => {
  const looked = refuseGroupProposal(state, command)
  if ('rejected' in looked) return looked
  const { seat, proposal } = looked
  const full = refuseFull(proposal, command)
  if (full !== undefined) return full
  const accepted = acceptProposal(seat.group.mls, command.message, command.policy)
  if (!accepted.ok) return rejectionOf(accepted.refusal, 'proposal')
  return acceptEvents(seat, command, proposal, accepted.value.ref)
}

/** What can be said before anything costly is looked up or verified; else who proposes what. */
export const refuseGroupProposal = (
  state: Group,
  { by, message, limits }: Pick<AcceptProposal, 'by' | 'message' | 'limits'>,
): Rejected | { readonly seat: Seat; readonly proposal: Proposal } => {
  const seat = seatOf(state, by)
  if ('rejected' in seat) return seat
  const { content } = message.content
  if (content.type !== 'proposal') {
    return reject({ code: 'unsupported-message', reason: `a ${content.type} is not a proposal` })
  }
  const { proposal } = content
  const refused =
    refuseSender(seat, message) ??
    refuseProposal(seat, proposal) ??
    refuseLeaf(by, proposal) ??
    refuseLastAdmin(seat, proposal) ??
    refuseNumber(seat, proposal, limits)
  return refused ?? { seat, proposal }
}

/** This group, in its current epoch. */
export const refusePlace = (group: ActiveGroup, { content }: PublicMessage): Rejected | undefined => {
  if (groupIdFromBytes(content.groupId) !== group.group) {
    return reject({ code: 'malformed', detail: 'the message names another group' })
  }
  return content.epoch === group.mls.epoch ? undefined : wrongEpoch(group, content.epoch)
}

/** …and a sender that is the token's own leaf. */
export const refuseSender = (seat: Seat, message: PublicMessage): Rejected | undefined =>
  refusePlace(seat.group, message) ?? refuseSpeaker(seat, message)

/** Nobody speaks to a group here but its members: what others propose, some members cannot read. */
export const refuseSpeaker = ({ leafIndex }: Seat, { content: { sender } }: PublicMessage): Rejected | undefined => {
  if (sender.type === 'external' || sender.type === 'newMemberProposal') return notAllowed(sender.type)
  if (sender.type === 'member' && sender.leafIndex === leafIndex) return undefined
  return reject({ code: 'identity-mismatch', detail: 'the sender is not the leaf of the token' })
}

/** An Update may change a client's keys, never who it is. */
const refuseLeaf = (by: By, proposal: Proposal): Rejected | undefined =>
  proposal.type !== 'update' || isLeafOf(proposal.leafNode, by)
    ? undefined
    : reject({ code: 'identity-mismatch', detail: 'the new leaf is not that of the token' })

const isSelfRemoval = (leafIndex: number, proposal: Proposal): boolean =>
  proposal.type === 'remove' && proposal.removed === leafIndex

/** The last admin may not leave others behind without one. */
const refuseLastAdmin = (seat: Seat, proposal: Proposal): Rejected | undefined => {
  if (!isSelfRemoval(seat.leafIndex, proposal)) return undefined
  const required = new Map(seat.group.required)
  const occupant = occupantOf(seat.group, seat.leafIndex)
  required.set(seat.leafIndex, { occupant, reason: 'selfRemoval' })
  const staying = stayingUsers({ ...seat.group, required })
  return staying.size === 0 || hasAdmin(seat.group, staying)
    ? undefined
    : reject({ code: 'not-allowed', capability: 'leaveAsLastAdmin' })
}

const refuseNumber = (seat: Seat, proposal: Proposal, limits: ProposalLimits): Rejected | undefined => {
  const own = [...seat.group.mls.pending.values()].filter(
    ({ sender }) => sender.type === 'member' && sender.leafIndex === seat.leafIndex,
  )
  const selfRemovals = own.filter((pending) => isSelfRemoval(seat.leafIndex, pending.proposal)).length
  const [limit, have] = isSelfRemoval(seat.leafIndex, proposal)
    ? (['selfRemovalsPerMemberMax', selfRemovals] as const)
    : (['proposalsPerMemberMax', own.length - selfRemovals] as const)
  return have < limits[limit] ? undefined : reject({ code: 'limit-reached', limit, max: limits[limit] })
}

const acceptEvents = (
  seat: Seat,
  { bytes }: AcceptProposal,
  proposal: Proposal,
  ref: Uint8Array,
): Decision<GroupEvent> => {
  const { group, leafIndex } = seat
  const by = occupantOf(group, leafIndex)
  const selfRemoval = isSelfRemoval(leafIndex, proposal)
  const accepted: GroupEvent = {
    type: 'ProposalAccepted',
    data: {
      group: group.group,
      epoch: String(group.mls.epoch),
      ref: toBase64url(ref),
      kind: kindOf(proposal),
      proposal: toBase64url(bytes),
      by,
      ...(proposal.type === 'remove' ? { removes: proposal.removed } : {}),
      selfRemoval,
    },
  }
  if (!selfRemoval) return accept(accepted)
  // So that leaving outlives a Commit that could not carry it.
  const required: GroupEvent = {
    type: 'RemovalRequired',
    data: { group: group.group, leaves: [by], reason: 'selfRemoval' },
  }
  return accept(...withSuccession(group, [accepted, required]))
}
