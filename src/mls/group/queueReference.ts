/** Opens and seals queue references with the homeserver's sealing keys (HPKE, see hpke.ts). */
import type { KeyObject } from 'node:crypto'
import { toBase64url } from '../bytes/base64url.js'
import { extensionType, findExtension } from '../wire/extension.js'
import { hpkeOpen, hpkeSeal } from '../crypto/hpke.js'
import { identityOf } from './identity.js'
import { type Domain, parseQueueId, type QueueId } from '../wire/ids.js'
import type { LeafNode } from '../wire/leafNode.js'
import type { QueueReferenceCheck } from './policy.js'
import { decodeQueueReference, type QueueReference, queueReferenceInfo } from '../wire/queueReferenceCodec.js'
import { attempt, refuse } from '../bytes/refusal.js'

/** A homeserver's X25519 sealing keys by base64url key id. */
export type SealingKeys = Pick<ReadonlyMap<string, KeyObject>, 'get'>

const info = new TextEncoder().encode(queueReferenceInfo)

/** The queue it names, or undefined when it does not open under this leaf's signature key. */
export const openQueueReference = (
  reference: QueueReference,
  signatureKey: Uint8Array,
  sealingKeys: SealingKeys,
): QueueId | undefined => {
  const key = sealingKeys.get(toBase64url(reference.keyId))
  if (key === undefined) return undefined
  const sealed = { kemOutput: reference.enc, ciphertext: reference.ciphertext }
  const plaintext = hpkeOpen(key, sealed, { info, aad: signatureKey })
  return plaintext === undefined || plaintext.length > 512 ? undefined : parseQueueId(String.fromCharCode(...plaintext))
}

export type OpenQueueReference = (reference: QueueReference, signatureKey: Uint8Array) => QueueId | undefined

/** Opens the same reference once, however often it is asked within one judgement: HPKE costs a fifth of a KeyPackage. */
export const openingOnce = (sealingKeys: SealingKeys): OpenQueueReference => {
  const opened = new Map<string, QueueId | undefined>()
  return (reference, signatureKey) => {
    const { keyId, enc, ciphertext } = reference
    const asked = [keyId, enc, ciphertext, signatureKey].map(toBase64url).join('.')
    if (!opened.has(asked)) opened.set(asked, openQueueReference(reference, signatureKey, sealingKeys))
    return opened.get(asked)
  }
}

/** The queue reference in a leaf; undefined when there is none, or it is malformed. */
export const queueReferenceOf = (leaf: LeafNode): QueueReference | undefined => {
  const extension = findExtension(leaf.extensions, extensionType.queueReference)
  const decoded = extension === undefined ? undefined : decodeQueueReference(extension)
  return decoded?.ok === true ? decoded.value : undefined
}

/** Seals a queue's id to a homeserver's raw X25519 public key; no two seals are alike. */
export const sealQueueReference = (input: {
  readonly queue: QueueId
  readonly domain: Domain
  readonly keyId: Uint8Array
  readonly publicKey: Uint8Array
  readonly signatureKey: Uint8Array
}): QueueReference => {
  const context = { info, aad: input.signatureKey }
  const { kemOutput, ciphertext } = hpkeSeal(input.publicKey, new TextEncoder().encode(input.queue), context)
  return { domain: input.domain, keyId: input.keyId, enc: kemOutput, ciphertext }
}

/** Of a leaf whose homeserver is another, or is not asked: a reference is present, and its domain is the credential's. */
export const sealedQueueReference: QueueReferenceCheck = (leaf) => attempt(() => sealedIn(leaf))

const sealedIn = (leaf: LeafNode): QueueReference => {
  const reference = queueReferenceOf(leaf) ?? refuse('invalid-leaf', 'queueReference')
  return reference.domain === identityOf(leaf.credential)?.domain ? reference : refuse('invalid-leaf', 'queueReference')
}

/**
 * The homeserver's check of a leaf: a reference is present, its domain is the credential's and, for our own domain, it
 * opens to a queue that `isLive`; else invalid-leaf {queueReference}. (That capabilities list it holds for every
 * extension of a leaf.)
 */
export const queueReferenceCheck =
  (own: {
    readonly domain: Domain
    readonly open: OpenQueueReference
    readonly isLive: (queue: QueueId) => boolean
  }): QueueReferenceCheck =>
  (leaf) =>
    attempt(() => {
      const reference = sealedIn(leaf)
      if (reference.domain !== own.domain) return reference
      const queue = own.open(reference, leaf.signatureKey)
      return queue !== undefined && own.isLive(queue) ? reference : refuse('invalid-leaf', 'queueReference')
    })
