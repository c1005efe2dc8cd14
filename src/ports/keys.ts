/** The port of the keys: the server's secrets, and one key per person whose deletion is that person's erasure. */
import type { FrankKey } from '../events/frank.js'
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
  /** Oldest first: by them this server knows a message again that somebody reports. */
  readonly frankKeys: readonly FrankKey[]
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
  /** Deletes the key, durably: whatever was encrypted under it is gone everywhere, backups of the log included. */
  erase(user: UserId): Promise<void>
}

export type Keys = {
  readonly server: ServerKeys
  readonly subjects: SubjectKeys
  /** Whether a log was ever begun with these keys: one that is empty has lost what they belong to. */
  begun(): Promise<boolean>
  /** From now on one was. Durable; again is harmless. */
  noteBegun(): Promise<void>
  close(): Promise<void>
}
