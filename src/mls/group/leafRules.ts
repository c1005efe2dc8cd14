/** What holds for every leaf, wherever it comes from (RFC 9420 §7.3). */
import { equalBytes } from '../bytes/bytes.js'
import type { RequiredCapabilities } from '../wire/capabilities.js'
import { isHpkeKey, isSignatureKey } from '../crypto/soundKey.js'
import type { CipherSuite } from '../crypto/suite.js'
import { credentialTypes } from '../wire/credential.js'
import { isDefaultExtension } from '../wire/extension.js'
import { mls10 } from '../wire/groupContext.js'
import type { LeafNode } from '../wire/leafNode.js'
import { isDefaultProposal } from '../wire/proposal.js'
import { refuse } from '../bytes/refusal.js'
import { verifyWithLabel } from '../crypto/labels.js'
import { writeOpaque, writeRaw, writerOf, writeUint32, written } from '../bytes/writer.js'

/** Where a leaf stands; a KeyPackage's leaf stands nowhere yet. */
export type LeafPosition = { readonly groupId: Uint8Array; readonly leafIndex: number }

/** Verifies the leaf's own signature, which binds update and commit leaves to their group and place. */
export const checkLeafSignature = (suite: CipherSuite, leaf: LeafNode, position: LeafPosition | undefined): void => {
  const content = leaf.source.type === 'keyPackage' ? leaf.signedBytes : positioned(leaf, position)
  if (!verifyWithLabel(suite, leaf.signatureKey, 'LeafNodeTBS', content, leaf.signature))
    refuse('invalid-leaf', 'signature')
}

const positioned = (leaf: LeafNode, position: LeafPosition | undefined): Uint8Array => {
  if (position === undefined) return refuse('invalid-leaf', 'source')
  const writer = writerOf(leaf.signedBytes.length + 128)
  writeRaw(writer, leaf.signedBytes)
  writeOpaque(writer, position.groupId)
  writeUint32(writer, position.leafIndex)
  return written(writer)
}

/** Its keys are of the suite, and its capabilities list the version, the suite, its own credential and extensions. */
export const checkLeafContent = (suite: CipherSuite, leaf: LeafNode): void => {
  const { versions, cipherSuites, credentials, extensions } = leaf.capabilities
  if (!isSignatureKey(suite.crypto, suite.signature, leaf.signatureKey)) refuse('invalid-leaf', 'signatureKey')
  if (!isHpkeKey(suite, leaf.encryptionKey)) refuse('invalid-leaf', 'encryptionKey')
  if (!versions.includes(mls10)) refuse('invalid-leaf', 'versions')
  if (!cipherSuites.includes(suite.id)) refuse('invalid-leaf', 'cipherSuites')
  if (!credentials.includes(credentialTypes[leaf.credential.type])) refuse('invalid-leaf', 'credentialType')
  for (const { type } of leaf.extensions)
    if (!isDefaultExtension(type) && !extensions.includes(type)) refuse('invalid-leaf', 'unlistedExtension')
}

export const supports = (leaf: LeafNode, required: RequiredCapabilities): boolean => {
  const { extensions, proposals, credentials } = leaf.capabilities
  return (
    required.extensions.every((type) => isDefaultExtension(type) || extensions.includes(type)) &&
    required.proposals.every((type) => isDefaultProposal(type) || proposals.includes(type)) &&
    required.credentials.every((type) => credentials.includes(type))
  )
}

/** Its lifetime contains `now` (ms) and is not longer than allowed (RFC 9420 §7.2, §10.1). */
export const checkLifetime = (leaf: LeafNode, now: number, maxLifetimeS: number): void => {
  if (leaf.source.type !== 'keyPackage') return refuse('invalid-leaf', 'source')
  const { notBefore, notAfter } = leaf.source
  const nowS = BigInt(Math.floor(now / 1000))
  if (notBefore > nowS || nowS > notAfter) refuse('invalid-leaf', 'lifetime')
  if (notAfter - notBefore > BigInt(maxLifetimeS)) refuse('invalid-leaf', 'lifetimeTooLong')
}

/** The new leaf of a client that has one already: another encryption key (RFC 9420 §12.1.2, §12.4.2). */
export const checkFreshKey = (before: LeafNode, after: LeafNode): void => {
  if (equalBytes(before.encryptionKey, after.encryptionKey)) refuse('invalid-leaf', 'encryptionKeyReused')
}
