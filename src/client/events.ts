/** What a client tells its application: each event once, in the order of the queue it came by. */
import type { ClientId, GroupId, UserId } from '../mls/wire/ids.js'
import type { Role } from './api/groups.js'
import type { NewReport } from './api/reports.js'
import type { Member, Message } from './content/message.js'
import type { FileAttachment } from './assets/download/fileAttachment.js'
import type { NewBody } from './content/newContent.js'
import type { Unreportable } from './groups/franking.js'

export type { Member } from './content/message.js'

/** `content`: as it was decrypted; `frank`: the homeserver's, base64url. */
export type Evidence = { readonly content: Uint8Array; readonly frank: string }

/** Whatever a member said: `content.type` tells texts from reactions, edits, receipts and what cannot be read. */
export type MessageEvent = Message & {
  readonly type: 'message'
  /** `handle`: where this client found the user by it. */
  readonly from: Member & { readonly handle?: string }
  readonly epoch: bigint
  /** When the server accepted it, in ms. */
  readonly at: number
  /** The files that it carries. */
  readonly attachments: readonly FileAttachment[]
  /** Whether operators can be told of it: its sender's client and the homeserver both made it so. If not, why. */
  readonly reportable: boolean
  readonly unreportable?: Unreportable
  /** What a report needs beside it, to be kept by who may want to report it later (`group.report`). */
  readonly evidence?: Evidence
  /** Tells the homeserver's operators what was said, and by whom; nobody else hears of it. Answers the report's id. */
  readonly report: (report: NewReport) => Promise<string>
  /** `send`, in reply to this message. */
  readonly reply: (message: string | Uint8Array | NewBody) => Promise<Message>
}

/** Said to who was there. It may have been missed by others, and comes once, in no order with anything else. */
export type SignalEvent = {
  readonly type: 'signal'
  readonly group: GroupId
  readonly from: Member
  /** `typing`, `stopped`, `reading`, `present`, or a word of the application's own. */
  readonly kind: string
  readonly data: Uint8Array
}

export type GroupEvent =
  | MessageEvent
  | SignalEvent
  /** By Welcome, or by an external Commit of our own. */
  | { readonly type: 'joined'; readonly group: GroupId; readonly members: readonly Member[] }
  | {
      readonly type: 'membersChanged'
      readonly group: GroupId
      readonly by: Member | undefined
      readonly added: readonly Member[]
      readonly removed: readonly Member[]
    }
  | { readonly type: 'removed'; readonly group: GroupId; readonly by: Member | undefined }
  | { readonly type: 'leaving'; readonly group: GroupId; readonly who: readonly Member[]; readonly reason: string }
  | { readonly type: 'roleChanged'; readonly group: GroupId; readonly user: UserId; readonly role: Role }
  | { readonly type: 'settingsChanged'; readonly group: GroupId; readonly retentionMs: number }
  | { readonly type: 'profileChanged'; readonly group: GroupId; readonly version: number }
  /** A member told this client the key of a profile: `profile()` may have its data now. It comes behind `profileChanged`, and behind `joined`. */
  | { readonly type: 'profileReadable'; readonly group: GroupId }
  | { readonly type: 'groupDeleted'; readonly group: GroupId }
  /** Given up by an admin for its successor… */
  | { readonly type: 'groupReset'; readonly group: GroupId; readonly successor: GroupId }
  /** …or by an operator of the homeserver for none: whoever was an admin may make another with the same users. */
  | {
      readonly type: 'groupReset'
      readonly group: GroupId
      readonly successor?: undefined
      readonly users: readonly UserId[]
    }
  /** For admins: a member's client could not process the Commit that led to this epoch. */
  | {
      readonly type: 'faultReported'
      readonly group: GroupId
      readonly client: ClientId
      readonly epoch: bigint
      readonly detail: string
    }
  /** A file that a restart had cut short went on by itself; the message is on its way, as `sendFile` would have given it. */
  | { readonly type: 'fileSent'; readonly group: GroupId; readonly message: Message }
  /**
   * One that does not go on by itself: nobody opened it, or it changed. Where `isOver`, it cannot be sent any more; else it waits in
   * `unfinishedFiles`. Told at each opening.
   */
  | {
      readonly type: 'fileUnfinished'
      readonly group: GroupId
      readonly name: string
      readonly reason: string
      readonly isOver: boolean
    }
  /** Messages that cannot be shown: they fell out of the queue, or came while the group's state was lost. */
  | { readonly type: 'missed'; readonly group: GroupId; readonly count: number; readonly reason: string }
  /** The group's state was lost or could not follow; it is being had again by an external Commit. */
  | { readonly type: 'outOfStep'; readonly group: GroupId; readonly reason: string }
  | { readonly type: 'resynced'; readonly group: GroupId }
  /** Sends that never came back, of which nobody can say that the others have them: to be sent again, or shown as lost. */
  | {
      readonly type: 'unconfirmed'
      readonly group: GroupId
      readonly messages: readonly Message[]
      readonly reason: string
    }

export type AccountEvent =
  | { readonly type: 'request'; readonly request: string; readonly from: UserId; readonly text: string }
  | { readonly type: 'requestAccepted'; readonly request: string; readonly by: UserId; readonly text: string }
  | { readonly type: 'requestRejected'; readonly request: string; readonly by: UserId }
  | { readonly type: 'clientAdded'; readonly client: ClientId; readonly approvedBy: ClientId }
  /** By the client that let this one in, if it is true: `importHistory` finds out. */
  | { readonly type: 'historyOffered'; readonly by: ClientId; readonly offer: string }
  /** Another recovery code is good now, and only that one. */
  | { readonly type: 'recoveryKeySet'; readonly by: ClientId }
  /** Somebody who has the recovery code came by it: this user's lost person, or a thief. */
  | { readonly type: 'recoveryKeyUsed'; readonly client: ClientId }
  /** It told of another profile, this user by another client of its own: `profileOf` has it. */
  | { readonly type: 'userProfileChanged'; readonly user: UserId }
  | { readonly type: 'clientRemoved'; readonly client: ClientId }
  /**
   * The store was put back to an older copy of itself. Its groups get fresh keys before it sends again; what was on its way in
   * the copy is discarded, for it may have been sent.
   */
  | { readonly type: 'restoredFromCopy' }
  /**
   * The homeserver says that another server has another root certificate than the one that is pinned here, and that one did not
   * sign it: its users are not believed. `pinned` and `offered` are fingerprints, to be compared by people (`rootFingerprint`).
   */
  | { readonly type: 'untrusted'; readonly domain: string; readonly pinned: string; readonly offered: string }
  /** A newer consumer of this queue took over; this client stopped listening. */
  | { readonly type: 'displaced' }

export type ClientEvent = GroupEvent | AccountEvent
