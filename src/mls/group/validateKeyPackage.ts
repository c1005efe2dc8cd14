/** Validates a KeyPackage as its homeserver must before it hands it out (RFC 9420 §10.1, §7.3). */
import { toBase64url } from '../bytes/base64url.js'
import { equalBytes } from '../bytes/bytes.js'
import { cipherSuite } from '../crypto/cipherSuite.js'
import { isHpkeKey } from '../crypto/soundKey.js'
import type { CipherSuite } from '../crypto/suite.js'
import { extensionType, findExtension, isDefaultExtension } from '../wire/extension.js'
import { mls10 } from '../wire/groupContext.js'
import { isLastResort, type KeyPackage } from '../wire/keyPackage.js'
import { checkLeafContent, checkLeafSignature, checkLifetime } from './leafRules.js'
import type { LeafNode } from '../wire/leafNode.js'
import { keyPackageBytesMax } from '../wire/limits.js'
import { decodeMlsMessage } from '../wire/mlsMessage.js'
import type { KeyPackagePolicy, VouchedIdentity } from './policy.js'
import type { QueueReference } from '../wire/queueReferenceCodec.js'
import { keyPackageRef } from '../crypto/references.js'
import { attempt, refuse, type Result, valueOf } from '../bytes/refusal.js'
import { verifyWithLabel } from '../crypto/labels.js'

/** A KeyPackage as it says it is: its signatures were not verified. */
export type ClaimedKeyPackage = {
  readonly ref: Uint8Array
  readonly cipherSuite: number
  readonly keyPackage: KeyPackage
  readonly leaf: LeafNode
  readonly lastResort: boolean
  /** Lifetime, in ms. */
  readonly notBefore: number
  readonly notAfter: number
  /** The MLSMessage as it came. */
  readonly bytes: Uint8Array
}

export type ValidKeyPackage = ClaimedKeyPackage & {
  readonly identity: VouchedIdentity
  readonly queueReference: QueueReference
}

/** `bytes` is an MLSMessage that holds the KeyPackage. */
export const validateKeyPackage = (bytes: Uint8Array, policy: KeyPackagePolicy): Result<ValidKeyPackage> =>
  attempt(() => {
    const claimed = valueOf(readClaimedKeyPackage(bytes, policy))
    const { leaf } = claimed
    checkKeyPackage(cipherSuite(claimed.cipherSuite), claimed.keyPackage, policy)
    const identity = valueOf(policy.credential(leaf.credential, leaf.signatureKey))
    const queueReference = valueOf(policy.queueReference(leaf))
    return { ...claimed, identity, queueReference }
  })

/** What can be told without verifying a signature: its size, its suite, its lifetime, under which reference it would stand. */
export const readClaimedKeyPackage = (
  bytes: Uint8Array,
  policy: Pick<KeyPackagePolicy, 'maxBytes' | 'allowedSuites' | 'now' | 'maxLifetimeS'>,
): Result<ClaimedKeyPackage> =>
  attempt(() => {
    const message = valueOf(decodeMlsMessage(bytes, policy.maxBytes ?? keyPackageBytesMax))
    if (message.wireFormat !== 'keyPackage') return refuse('unsupported-message', 'wireFormat')
    const { keyPackage } = message
    const leaf = keyPackage.leafNode
    if (!policy.allowedSuites.includes(keyPackage.cipherSuite)) refuse('unsupported-ciphersuite', 'cipherSuite')
    checkLifetime(leaf, policy.now, policy.maxLifetimeS)
    return {
      ref: keyPackageRef(keyPackage),
      cipherSuite: keyPackage.cipherSuite,
      keyPackage,
      leaf,
      lastResort: isLastResort(keyPackage),
      ...lifetimeMs(leaf),
      bytes: message.bytes,
    }
  })

/** The checks that are the same for a KeyPackage that an Add proposal carries. */
export const checkKeyPackage = (
  suite: CipherSuite,
  keyPackage: KeyPackage,
  { verifiedKeyPackages }: Pick<KeyPackagePolicy, 'verifiedKeyPackages'>,
): void => {
  const leaf = keyPackage.leafNode
  if (keyPackage.version !== mls10) refuse('invalid-key-package', 'version')
  if (keyPackage.cipherSuite !== suite.id) refuse('invalid-key-package', 'cipherSuite')
  if (leaf.source.type !== 'keyPackage') refuse('invalid-leaf', 'source')
  if (equalBytes(keyPackage.initKey, leaf.encryptionKey)) refuse('invalid-key-package', 'initKey')
  checkLeafContent(suite, leaf)
  if (!isHpkeKey(suite, keyPackage.initKey)) refuse('invalid-leaf', 'encryptionKey')
  checkExtensions(keyPackage)
  const ref = verifiedKeyPackages === undefined ? '' : toBase64url(keyPackageRef(keyPackage))
  if (verifiedKeyPackages?.has(ref) === true) return
  checkSignatures(suite, keyPackage)
  verifiedKeyPackages?.set(ref, true)
}

const checkSignatures = (suite: CipherSuite, keyPackage: KeyPackage): void => {
  const { leafNode, signedBytes, signature } = keyPackage
  if (!verifyWithLabel(suite, leafNode.signatureKey, 'KeyPackageTBS', signedBytes, signature))
    refuse('invalid-key-package', 'signature')
  checkLeafSignature(suite, leafNode, undefined)
}

/**
 * Extensions of a KeyPackage are listed in its leaf's capabilities too (RFC 9420 §13), but for the last-resort one, which
 * speaks to the homeserver alone; that one is empty.
 */
const checkExtensions = ({ extensions, leafNode }: KeyPackage): void => {
  for (const { type } of extensions)
    if (
      !isDefaultExtension(type) &&
      type !== extensionType.lastResort &&
      !leafNode.capabilities.extensions.includes(type)
    )
      refuse('invalid-key-package', 'unlistedExtension')
  if ((findExtension(extensions, extensionType.lastResort)?.length ?? 0) > 0)
    refuse('invalid-key-package', 'lastResort')
}

const secondsMax = BigInt(Math.floor(Number.MAX_SAFE_INTEGER / 1000))

const lifetimeMs = (leaf: LeafNode): { readonly notBefore: number; readonly notAfter: number } => {
  if (leaf.source.type !== 'keyPackage') return refuse('invalid-leaf', 'source')
  const { notBefore, notAfter } = leaf.source
  return { notBefore: Number(notBefore) * 1000, notAfter: Number(notAfter < secondsMax ? notAfter : secondsMax) * 1000 }
}
