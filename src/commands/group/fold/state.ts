/** What the fold of `group-<id>` knows: the public group, who sits where, what they may do and what must happen next. */
import type { BlobReference } from '../../../events/form/fields.js'
import type { GroupEvent, GroupSettings, Occupant, Role } from '../../../events/group.js'
import type { ClientId, Domain, GroupId, UserId } from '../../../mls/wire/ids.js'
import type { PublicGroup } from '../../../mls/group/publicGroup.js'

export type Group = NoGroup | ReservedGroup | ActiveGroup | ClosedGroup

export type NoGroup = { readonly status: 'none' }
export type ReservedGroup = {
  readonly status: 'reserved'
  readonly group: GroupId
  readonly user: UserId
  readonly client: ClientId
  /** ms since 1970. */
  readonly until: number
}
export type ActiveGroup = {
  readonly status: 'active'
  readonly group: GroupId
  /** Who decides here, where it is another server: nothing that this one would decide by itself happens then. */
  readonly hub?: Domain
  readonly mls: PublicGroup
  readonly leaves: ReadonlyMap<number, Seated>
  readonly clients: ReadonlyMap<ClientId, number>
  readonly users: ReadonlyMap<UserId, Member>
  /** Every user and client that ever had a leaf: they hear 403 where strangers hear 404. */
  readonly known: ReadonlySet<string>
  /** Leaves that may do nothing any more and that the next Commit must remove. */
  readonly required: ReadonlyMap<number, RequiredRemoval>
  readonly settings: GroupSettings
  readonly profile: Profile | undefined
  /** Of the newest epoch. */
  readonly groupInfo: BlobReference
  readonly createdAt: CommitPlace['revision']
  /** The newest Commits, oldest first: a loser's answer carries the winner. Older ones are in the stream. */
  readonly recent: readonly CommitPlace[]
  /** Of the newest epochs that ended, oldest first: whoever sends in one may say which history it stands on. */
  readonly ended: readonly EndedEpoch[]
  readonly expiredUpTo: number
}
/** Given up for another id, or deleted: nothing is accepted any more. */
export type ClosedGroup = {
  readonly status: 'reset' | 'deleted'
  readonly group: GroupId
  readonly hub?: Domain
  readonly successor: GroupId | undefined
  readonly known: ReadonlySet<string>
  readonly expiredUpTo: number
}

/** Who sits at a leaf. */
export type Seated = Occupant & {
  /** The revision since which it has sat there without a break. */
  readonly since: number
  /** The revision that last changed the leaf: an answer to an older one does not concern it. */
  readonly changed: number
}

export type Member = {
  readonly role: Role
  /** The revision at which the user's first leaf came: the smallest has been a member longest. */
  readonly since: number
  readonly leaves: number
}
export type RemovalReason = Extract<GroupEvent, { type: 'RemovalRequired' }>['data']['reason']
export type RequiredRemoval = { readonly occupant: Occupant; readonly reason: RemovalReason }
export type Profile = { readonly version: number; readonly blob: BlobReference }
export type CommitPlace = {
  /** The epoch that it began. */
  readonly epoch: bigint
  readonly revision: number
  /** The MLSMessage, base64url. */
  readonly commit: string
}

export type EndedEpoch = {
  readonly epoch: bigint
  /** RFC 9420 §8.2, base64url. */
  readonly confirmedTranscriptHash: string
}

export const recentCommitsMax = 16
/** As many as the window of epochs may be wide (limits/limits.ts, `epochsPastMax`). */
export const endedEpochsMax = 64

export const noGroup: Group = { status: 'none' }
