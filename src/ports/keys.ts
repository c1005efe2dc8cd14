/** The port of the keys: the server's secrets, and one key per person whose deletion is that person's erasure. */
import type { UserId } from '../mls/wire/ids.js'

/** An X25519 pair that seals queue references; old ones stay as long as an event names them. */
export type SealingKey = { readonly id: string; readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }

/** A P-256 pair that tells push services who asks (RFC 8292): an uncompressed point, and a scalar of 32 bytes. */
export type VapidKey = { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
/** An Ed25519 pair by which other servers know this one: 32 raw bytes, PKCS#8 DER. It signs from `notBefore` until `notAfter`, ms. */
export type FederationKey = {
  readonly id: string
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
}

/** The server's bundle. Certificates are DER, private keys PKCS#8 DER, the others raw bytes. */
export type ServerKeys = {
  readonly domain: string
  readonly rootCertificate: Uint8Array
  readonly intermediateCertificate: Uint8Array
  readonly intermediatePrivateKey: Uint8Array
  /** 32 bytes: HMAC key of bearer tokens. */
  readonly tokenKey: Uint8Array
  /** 32 bytes: HMAC key that names handle streams. */
  readonly handleKey: Uint8Array
  /** Oldest first; the last one seals. */
  readonly sealingKeys: readonly SealingKey[]
  /** 32 bytes: seals what a push subscription says. */
  readonly pushKey: Uint8Array
  /** Oldest first; new subscriptions are for the last one, and the others serve as long as one that names them. */
  readonly vapidKeys: readonly VapidKey[]
  /** In the order in which they were made; none in bundles of earlier builds. */
  readonly federationKeys: readonly FederationKey[]
  /** SHA-256 over the bundle's public parts and key identities: a process with another bundle is refused at start. */
  readonly fingerprint: string
}

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
  readonly server: ServerKeys
  readonly subjects: SubjectKeys
  readonly erasures: Erasures
  /** Whether a log was ever begun with these keys: one that is empty has lost what they belong to. */
  begun(): Promise<boolean>
  /** From now on one was. Durable; again is harmless. */
  noteBegun(): Promise<void>
  close(): Promise<void>
}
