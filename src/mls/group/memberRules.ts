/** What holds between all members of a tree (RFC 9420 §7.3, §12.2): keys of their own, and support of one another. */
import { onceEach } from '../../structures/onceEach.js'
import { toBase64url } from '../bytes/base64url.js'
import type { RequiredCapabilities } from '../wire/capabilities.js'
import { requiredCapabilitiesIn } from '../wire/contextExtensions.js'
import { credentialTypes } from '../wire/credential.js'
import { type Extension, isDefaultExtension } from '../wire/extension.js'
import { clientKeyOf } from './identity.js'
import { supports } from './leafRules.js'
import type { LeafNode } from '../wire/leafNode.js'
import { membersOf } from './publicGroup.js'
import type { RatchetTree } from '../tree/ratchetTree.js'
import { refuse } from '../bytes/refusal.js'

/** Checks a whole tree against itself and the group's extensions; cheap, as what it compares is remembered as text. */
export const checkMembers = (tree: RatchetTree, extensions: readonly Extension[]): void => {
  checkKeys(tree)
  const leaves = membersOf(tree).map(({ leaf }) => leaf)
  if (hasRepeats(leaves.map(({ credential }) => clientKeyOf(credential)))) refuse('invalid-leaf', 'duplicateClient')
  checkSupport(leaves, requirementsOf(leaves, extensions))
}

/** Refuses, before anything costly is verified, a group larger than the policy lets it be. */
export const checkSize = (tree: RatchetTree, max: number | undefined): void => {
  const actual = membersOf(tree).length
  if (max !== undefined && actual > max) refuse('too-large', 'members', { max, actual })
}

const checkKeys = (tree: RatchetTree): void => {
  const encryptionKeys: string[] = []
  const signatureKeys: string[] = []
  for (const node of tree.nodes) {
    if (node === undefined) continue
    encryptionKeys.push(textOf(node.encryptionKey))
    if (node.kind === 'leaf') signatureKeys.push(textOf(node.signatureKey))
  }
  if (hasRepeats(signatureKeys)) refuse('invalid-leaf', 'duplicateSignatureKey')
  if (hasRepeats(encryptionKeys)) refuse('invalid-leaf', 'duplicateEncryptionKey')
}

/** Keys as text, remembered as long as the key's own bytes live: a leaf keeps them from epoch to epoch. */
const textOf = onceEach((key: Uint8Array) => toBase64url(key))

const hasRepeats = (texts: readonly string[]): boolean => new Set(texts).size !== texts.length

/** What the group requires, what its own extensions are, and the credential types that anyone in it uses. */
const requirementsOf = (leaves: readonly LeafNode[], extensions: readonly Extension[]): RequiredCapabilities => {
  const required = requiredCapabilitiesIn(extensions)
  const used = new Set(leaves.map(({ credential }) => credentialTypes[credential.type]))
  return {
    extensions: [
      ...required.extensions,
      ...extensions.map(({ type }) => type).filter((type) => !isDefaultExtension(type)),
    ],
    proposals: required.proposals,
    credentials: [...required.credentials, ...used],
  }
}

const checkSupport = (leaves: readonly LeafNode[], required: RequiredCapabilities): void => {
  if (!leaves.every((leaf) => supports(leaf, required))) refuse('invalid-leaf', 'capabilities')
}
