/** The port of the keys: the server's secrets, and one key per person whose deletion is that person's erasure. */
import type { FrankKey } from '../events/frank.js'
import type { UserId } from '../mls/wire/ids.js'

/** A key that another may follow. `print`: its SHA-256, base64url, by which logs and lists name it; `made` in ms. */
type Followed = { readonly print: string; readonly made: number }

/** 32 bytes: HMAC key of bearer tokens. */
export type TokenKey = Followed & { readonly key: Uint8Array }

/** What signs clients' certificates: DER and PKCS#8 DER. `root`: the certificate that it is under, DER. */
export type Intermediate = Followed & {
  readonly certificate: Uint8Array
  readonly privateKey: Uint8Array
  readonly root: Uint8Array
}

/** An X25519 pair that seals queue references; old ones stay as long as an event names them. */
export type SealingKey = Followed & {
  readonly id: string
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

/** A P-256 pair that tells push services who asks (RFC 8292): an uncompressed point, and a scalar of 32 bytes. */
export type VapidPair = { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
export type VapidKey = Followed & VapidPair

/** An Ed25519 pair by which other servers know this one: 32 raw bytes, PKCS#8 DER. It signs from `notBefore` until `notAfter`, ms. */
export type FederationKey = {
  readonly id: string
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
}

/** A root's word, signed by its private key, that another takes its place (federation/peers/rootStatement.ts): DER, raw. */
export type Succession = { readonly from: Uint8Array; readonly to: Uint8Array; readonly signature: Uint8Array }

/** A key that is to be added to a bundle, with what it takes to make it. */
export type NextKey =
  | { readonly kind: 'token' | 'sealing' | 'push' | 'frank' }
  /** `rootPrivateKey`: PKCS#8 DER, of the newest root; `succession`: to a root that follows that one, whose key it is then. */
  | { readonly kind: 'intermediate'; readonly rootPrivateKey: Uint8Array; readonly succession?: Succession }
  /** `atOnce`: the keys before it are not to be trusted any more. */
  | { readonly kind: 'federation'; readonly atOnce: boolean }

/**
 * The server's bundle. Certificates are DER, private keys PKCS#8 DER, the others raw bytes. Of what may be followed by another it
 * has all there ever were, the oldest first; the log says which one is used (commands/server/keyUse.ts).
 */
export type ServerKeys = {
  readonly domain: string
  /** The first one. */
  readonly rootCertificate: Uint8Array
  /** From each root to the next. */
  readonly successions: readonly Succession[]
  readonly intermediates: readonly Intermediate[]
  readonly tokenKeys: readonly TokenKey[]
  /** 32 bytes: HMAC key that names handle streams. It never changes. */
  readonly handleKey: Uint8Array
  readonly sealingKeys: readonly SealingKey[]
  /** 32 bytes: seals what a push subscription says. */
  readonly pushKey: Uint8Array
  readonly vapidKeys: readonly VapidKey[]
  /** Oldest first: by them this server knows a message again that somebody reports. */
  readonly frankKeys: readonly FrankKey[]
  /** In the order in which they were made; none in bundles of earlier builds. */
  readonly federationKeys: readonly FederationKey[]
  /** SHA-256 over what never changes: a process with another server's bundle is refused at start. */
  readonly fingerprint: string
  /** SHA-256 over all that is in it: changes with every key that is added. */
  readonly print: string
}

/** Every root there was, is and will be, DER, the oldest first. */
export const rootsIn = ({
  rootCertificate,
  successions = [],
}: {
  readonly rootCertificate: Uint8Array
  readonly successions?: readonly Succession[] | undefined
}): readonly [Uint8Array, ...Uint8Array[]] => [rootCertificate, ...successions.map(({ to }) => to)]

export const newestRootIn = (keys: Parameters<typeof rootsIn>[0]): Uint8Array =>
  rootsIn(keys).at(-1) ?? keys.rootCertificate

export type SubjectKeys = {
  /** 32 bytes, or undefined once erased or never made. */
  get(user: UserId): Promise<Uint8Array | undefined>
  /** Makes the key unless there is one; durable before it resolves. */
  create(user: UserId): Promise<Uint8Array>
  /**
   * Deletes the key, durably: whatever was encrypted under it is gone everywhere, backups of the log included. Before that it
   * enters the register of erasures, once; `at`: when it was asked for, ms. Throws RegisterDamaged when the key is gone, but
   * nobody can be entered.
   */
  erase(user: UserId, at: number): Promise<void>
}

/** A user that was erased. */
export type Erased = {
  /** SHA-256 of the user's id, unpadded base64url. */
  readonly user: string
  /** ms since 1970. */
  readonly at: number
}
/** `receipt`: keyed by the server's keys over the entry, its number (from 1) and the receipt before it; unpadded base64url. */
export type Erasure = Erased & { readonly receipt: string }

/** An entry is missing, or is not what was entered. */
export class RegisterDamaged extends Error {
  override readonly name = 'RegisterDamaged'
}

/** Append-only: who was erased, so that no restore brings them back. */
export type Erasures = {
  /** In order. Throws RegisterDamaged. */
  list(): Promise<readonly Erasure[]>
  /** Enters each who is not in it yet, durably. */
  add(erased: readonly Erased[]): Promise<void>
  /** The number of the first entry that is not of this server, or not in its place; undefined where all are. */
  wrongIn(entries: readonly Erasure[]): number | undefined
}

export type Keys = {
  /** As they were read last. */
  readonly server: ServerKeys
  /** Reads them again. Throws what cannot be read, and another server's; those that are there stay then. */
  reload(): Promise<void>
  /** The same at once, for what cannot wait: blocks. */
  reloadNow(): void
  readonly subjects: SubjectKeys
  readonly erasures: Erasures
  /** Whether a log was ever begun with these keys: one that is empty has lost what they belong to. */
  begun(): Promise<boolean>
  /** From now on one was. Durable; again is harmless. */
  noteBegun(): Promise<void>
  close(): Promise<void>
}
