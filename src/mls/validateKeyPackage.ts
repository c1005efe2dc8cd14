/** Validates a KeyPackage as its homeserver must before it hands it out (RFC 9420 §10.1, §7.3). */
import type { KeyPackage } from './keyPackage.js'
import type { LeafNode } from './leafNode.js'
import type { KeyPackagePolicy, VouchedIdentity } from './policy.js'
import type { QueueReference } from './queueReferenceCodec.js'
import type { Result } from './refusal.js'

export type ValidKeyPackage = {
  readonly ref: Uint8Array
  readonly cipherSuite: number
  readonly keyPackage: KeyPackage
  readonly leaf: LeafNode
  readonly lastResort: boolean
  /** Lifetime, in ms. */
  readonly notBefore: number
  readonly notAfter: number
  readonly identity: VouchedIdentity
  readonly queueReference: QueueReference
  /** The MLSMessage as it came. */
  readonly bytes: Uint8Array
}

/** `bytes` is an MLSMessage holding the KeyPackage. */
export const validateKeyPackage = (_bytes: Uint8Array, _policy: KeyPackagePolicy): Result<ValidKeyPackage> => {
  throw new Error('being written')
}
