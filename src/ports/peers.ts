/** Other servers, as the front door needs them: the hubs of groups that are followed here, and the homes of other servers' users. */
import type { SignatureAlgorithm } from '../mls/crypto/servedSuites.js'
import type { ReportCategory } from '../events/reportCategory.js'
import type { SignedRevocations } from '../mls/group/revocationList.js'
import type { DepartureReason } from '../events/followed.js'
import type { GroupSettings, Role } from '../events/group.js'
import type { Urgency } from '../events/messages.js'
import type { AssetId, ClientId, Domain, GroupId, UserId } from '../mls/wire/ids.js'

/** `accepted`: the id of the fact that it became, by which it comes back in sequence; undefined where the hub does not say. */
export type AcceptedElsewhere = {
  readonly accepted: string | undefined
  /** By the hub's clock, ms since 1970. */ readonly at: number
}

/** What another server refused it with, as it says: the code of a problem and fields of it, nothing of which is checked. */
export type RefusedElsewhere = {
  readonly refused: { readonly code: string; readonly [field: string]: unknown }
}

/** `key`: the same for the same command, however often it is sent. */
type Sent = { readonly group: GroupId; readonly key: string }

export type MessageToHub = Sent & {
  /** Whose it is. The hub is not told which client's. */
  readonly user: UserId
  /** The MLSMessage. */
  readonly message: Uint8Array
  /** Leaves at its epoch; undefined: it is for everybody. A hub that does not know of such is not asked (`refused`). */
  readonly targets: readonly number[] | undefined
  /** A hub that does not know of it is not told. */
  readonly urgency: Urgency | undefined
}

/** Each an MLSMessage but for the tree, which is the content of the ratchet_tree extension. */
export type UpdateToHub = Sent &
  (
    | { readonly type: 'proposal'; readonly proposal: Uint8Array }
    | {
        readonly type: 'commit'
        readonly commit: Uint8Array
        readonly welcome: Uint8Array | undefined
        readonly groupInfo: Uint8Array
        readonly ratchetTree: Uint8Array
      }
  )

/** What a member asks of its group beside MLS, by its server's word. */
export type MemberAsks = { readonly by: UserId } & (
  | { readonly type: 'changeRole'; readonly user: UserId; readonly role: Role }
  | { readonly type: 'changeSettings'; readonly settings: GroupSettings }
  | { readonly type: 'changeProfile'; readonly profile: Uint8Array; readonly ifVersion: number }
  | { readonly type: 'deleteGroup' }
  /** `successor`: one of the asking server's domain, which says that it is reserved. */
  | { readonly type: 'resetGroup'; readonly successor: GroupId }
  | { readonly type: 'reportFault'; readonly client: ClientId; readonly epoch: string; readonly detail: string }
)

/** What a server asks by itself: leaves of its own that the hub cannot see have to go. `reference`: of one whose queue is gone. */
export type ServerAsks = {
  readonly type: 'requireRemoval'
  readonly reason: DepartureReason
  readonly leaves: readonly {
    readonly leafIndex: number
    readonly client: ClientId
    readonly reference?: string | undefined
  }[]
}

export type AskedOfHub = MemberAsks | ServerAsks

/** `accepted`: also undefined where nothing had to change. `version`: of a profile, the one that it has now. */
export type DecidedElsewhere = AcceptedElsewhere & { readonly version?: number | undefined }

/** `request`: a KeyMaterialRequest as `by` signed it. */
export type KeyMaterialAsked = {
  readonly by: { readonly user: UserId; readonly client: ClientId }
  readonly target: UserId
  readonly request: Uint8Array
}

export type KeyMaterial = {
  /** By the draft's names of its codes. */
  readonly userStatus: string
  /** `keyPackage`: an MLSMessage; undefined where the client had none that would do. */
  readonly clients: readonly { readonly client: string; readonly keyPackage: Uint8Array | undefined }[]
}

/** A whole handle of another server's user, that `by` looks for. */
export type HandleElsewhere = { readonly domain: Domain; readonly handle: string; readonly by: UserId }

/** A piece of an asset of another server: `length` bytes at most, from `from` on; none of it where that is 0. */
export type AssetAsked = {
  readonly asset: AssetId
  readonly capability: Uint8Array
  readonly from: number
  readonly length: number
}

/** `size` and `digest` (SHA-256, base64url) of the whole, as its server says; `bytes` fewer than were asked for only at its end. */
export type AssetPieceElsewhere = {
  readonly size: number
  readonly digest: string
  readonly bytes: Uint8Array
}

/** Bytes of one piece at most. */
export const assetPieceMax = 1_048_576
/** A user of another server, that `by` wants to see. */
export type UserElsewhere = { readonly user: UserId; readonly by: UserId }

/** As its server says it: nothing is verified. Certificates DER, keys as in leaves; base64url. */
export type ClientElsewhere = {
  readonly client: ClientId
  readonly keys: readonly {
    readonly algorithm: SignatureAlgorithm
    readonly signatureKey: string
    readonly certificates: readonly string[]
  }[]
}

/** Ciphertext, base64url; version 0 and nothing where none was written. */
export type ProfileElsewhere = { readonly version: number; readonly profile: string }

/** A message of a group that another server decides about, that somebody of ours reports. */
export type ReportElsewhere = Sent & {
  readonly by: UserId
  readonly accused: UserId
  /** The id of the fact that the message is at the hub. */
  readonly fact: string
  readonly content: Uint8Array
  readonly salt: Uint8Array
  readonly tag: Uint8Array
  readonly category: ReportCategory
  readonly note: string | undefined
}

/** `cursor`: the `next` of the page before; empty for the first one. */
export type RevocationsAsked = { readonly domain: Domain; readonly cursor: string }

/** A root certificate that took another's place, which signed it. */
export type RootStatement = { readonly from: string; readonly to: string; readonly signature: string }

/** Each throws PeerAway, and PeerNotAsked. */
export type OtherServers = {
  readonly submitMessage: (message: MessageToHub) => Promise<AcceptedElsewhere | RefusedElsewhere>
  readonly update: (update: UpdateToHub) => Promise<AcceptedElsewhere | RefusedElsewhere>
  /** Refused as `not-allowed` where the hub decides nothing of the kind for others. */
  readonly decide: (asked: Sent & { readonly asked: AskedOfHub }) => Promise<DecidedElsewhere | RefusedElsewhere>
  readonly keyMaterial: (asked: KeyMaterialAsked) => Promise<KeyMaterial | RefusedElsewhere>
  /** Nobody where nobody may be found by it. */
  readonly findUser: (asked: HandleElsewhere) => Promise<readonly UserId[]>
  readonly asset: (asked: AssetAsked) => Promise<AssetPieceElsewhere | RefusedElsewhere>
  /** Undefined where there is nobody for `by` to see. */
  readonly clientsOf: (asked: UserElsewhere) => Promise<readonly ClientElsewhere[] | undefined>
  /** Likewise. */
  readonly profileOf: (asked: UserElsewhere) => Promise<ProfileElsewhere | undefined>
  /** The id that the report has there. */
  readonly report: (report: ReportElsewhere) => Promise<{ readonly report: string } | RefusedElsewhere>
  /**
   * A page of what a domain revoked, verified; one of the last day where it is away. Undefined where it has no such list, expired
   * where its log is another one than the cursor's.
   */
  readonly revocationsOf: (asked: RevocationsAsked) => Promise<SignedRevocations | 'expired' | undefined>
  /** Whether it is spoken to at all. Asks nobody. */
  readonly speaksTo: (domain: Domain) => Promise<boolean>
  /** The root that is believed of a domain, DER, base64url, and how it came to be the one. */
  readonly rootOf: (domain: Domain) => Promise<{ readonly root: string; readonly statements: readonly RootStatement[] }>
}

/** It does not answer, or not as itself. Whether it did what it was asked to is not known: the same key will tell. */
export class PeerAway extends Error {
  override readonly name = 'PeerAway'
  readonly domain: Domain
  readonly retryAfterMs: number
  constructor(domain: Domain, why: string, retryAfterMs: number) {
    super(`${domain}: ${why}`)
    this.domain = domain
    this.retryAfterMs = retryAfterMs
  }
}

/** It is none that is spoken to: by policy, or because it does not federate as we do. */
export class PeerNotAsked extends Error {
  override readonly name = 'PeerNotAsked'
  readonly domain: Domain
  constructor(domain: Domain, why: string) {
    super(`${domain}: ${why}`)
    this.domain = domain
  }
}
