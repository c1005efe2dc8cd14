/** What the caller decides of a leaf: whose credential it is, and whether its queue reference leads anywhere. */
import type { Newest } from '../../structures/newest.js'
import type { Credential } from '../wire/credential.js'
import type { ClientId, Domain, UserId } from '../wire/ids.js'
import type { LeafNode } from '../wire/leafNode.js'
import type { QueueReference } from '../wire/queueReferenceCodec.js'
import type { Result } from '../bytes/refusal.js'

/** Whom a credential names. */
export type Identity = { readonly user: UserId; readonly client: ClientId; readonly domain: Domain }

/** A verified identity; `notAfter` (ms) is the earliest end of its certificates, which the caller acts on, not the check. */
export type VouchedIdentity = Identity & { readonly notAfter: number }

/** Whether the credential is vouched for and belongs to this signature key. */
export type CredentialCheck = (credential: Credential, signatureKey: Uint8Array) => Result<VouchedIdentity>

/** Whether the leaf carries a queue reference that its homeserver can deliver by. */
export type QueueReferenceCheck = (leaf: LeafNode) => Result<QueueReference>

/** KeyPackages whose signatures were verified, by base64url reference: what is published here is soon added here. */
export type VerifiedKeyPackages = Pick<Newest<string, true>, 'has' | 'set'>

export type GroupPolicy = {
  /** The time that lifetimes of new leaves are judged at, in ms. */
  readonly now: number
  /** The longest lifetime of an added KeyPackage, in seconds. */
  readonly maxLifetimeS: number
  /** Whoever accepted the Add did so by its own clock: lifetimes are not looked at. */
  readonly lifetimes?: 'judgedBefore'
  readonly credential: (credential: Credential, signatureKey: Uint8Array) => Result<unknown>
  readonly queueReference: (leaf: LeafNode) => Result<unknown>
  /** Extension types that required_capabilities must name (0xF0C1 in a homeserver's groups). */
  readonly requiredExtensions: readonly number[]
  /** The most members a group may have; without it what the tree holds. */
  readonly membersMax?: number
  readonly verifiedKeyPackages?: VerifiedKeyPackages
}

export type KeyPackagePolicy = {
  readonly now: number
  /** A lifetime may begin so much later than `now`, ms: for who keeps the package until then. Without it, not at all. */
  readonly aheadMsMax?: number
  readonly maxLifetimeS: number
  readonly allowedSuites: readonly number[]
  readonly credential: CredentialCheck
  readonly queueReference: QueueReferenceCheck
  readonly maxBytes?: number
  readonly verifiedKeyPackages?: VerifiedKeyPackages
}
