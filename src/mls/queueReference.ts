/** Opens and seals queue references with the homeserver's sealing keys (HPKE base mode, X25519, HKDF-SHA256, AES-128-GCM). */
import type { QueueId } from './ids.js'
import type { LeafNode } from './leafNode.js'
import type { QueueReference } from './queueReferenceCodec.js'
import type { Domain } from './ids.js'
import type { KeyObject } from 'node:crypto'
import type { QueueReferenceCheck } from './policy.js'

/** A homeserver's X25519 sealing keys by base64url key id. */
export type SealingKeys = ReadonlyMap<string, KeyObject>

/** The queue it names, or undefined when it does not open under this leaf's signature key. */
export const openQueueReference = (
  _reference: QueueReference,
  _signatureKey: Uint8Array,
  _sealingKeys: SealingKeys,
): QueueId | undefined => {
  throw new Error('being written')
}

/** The queue reference in a leaf, decoded; undefined when there is none or it is malformed. */
export const queueReferenceOf = (_leaf: LeafNode): QueueReference | undefined => {
  throw new Error('being written')
}

/** Seals a queue's id to a homeserver's raw X25519 public key. */
export const sealQueueReference = (_input: {
  readonly queue: QueueId
  readonly domain: Domain
  readonly keyId: Uint8Array
  readonly publicKey: Uint8Array
  readonly signatureKey: Uint8Array
}): QueueReference => {
  throw new Error('being written')
}

/**
 * The check of rules.md: present, listed in the leaf's capabilities, its domain the credential's and, for our own domain, it opens
 * to a queue that `isLive`.
 */
export const queueReferenceCheck =
  (_own: {
    readonly domain: Domain
    readonly sealingKeys: SealingKeys
    readonly isLive: (queue: QueueId) => boolean
  }): QueueReferenceCheck =>
  () => {
    throw new Error('being written')
  }
