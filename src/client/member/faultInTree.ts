/** A ratchet tree taken from elsewhere, checked whole (RFC 9420 §12.4.3.1): ts-mls refuses good trees with unmerged leaves. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { decodeExactly } from '../../mls/bytes/reader.js'
import { attempt, refuse } from '../../mls/bytes/refusal.js'
import type { CryptoProvider } from '../../mls/crypto/provider.js'
import { suitesOver } from '../../mls/crypto/suite.js'
import { checkMembers } from '../../mls/group/memberRules.js'
import { verifyTree } from '../../mls/group/verifyTree.js'
import { treeOf } from '../../mls/tree/ratchetTree.js'
import { decodeTreeNodes } from '../../mls/tree/treeCodec.js'
import { treeHash } from '../../mls/tree/treeHash.js'
import { readGroupContext } from '../../mls/wire/groupContext.js'
import { checkAnswered } from '../trust/webCrypto.js'
import type { CredentialCheck } from './groupState.js'
import { memberLeavesOf } from './memberLeaves.js'
import { encodeGroupContext, encodeRatchetTree, type GroupContext, type RatchetTree } from './tsMls.js'

/** Why the tree is not the group's, or undefined when it is: by the verifier that the server has too, then leaf by leaf. */
export const faultInTree = async (
  tree: RatchetTree,
  context: GroupContext,
  check: CredentialCheck,
): Promise<string | undefined> => (await faultInPublicTree(tree, context)) ?? faultInCredentials(tree, check)

/** Of the bytes that ts-mls has in mind, whatever it was that it read. */
const faultInPublicTree = async (tree: RatchetTree, context: GroupContext): Promise<string | undefined> => {
  const bytes = { tree: encodeRatchetTree(tree), context: encodeGroupContext(context) }
  const checked = await checkAnswered((crypto) =>
    attempt(() => {
      checkTree(bytes, crypto)
    }),
  )
  return checked.ok ? undefined : checked.refusal.reason
}

const checkTree = (
  bytes: { readonly tree: Uint8Array; readonly context: Uint8Array },
  crypto: CryptoProvider,
): void => {
  const context = decodeExactly(bytes.context, readGroupContext)
  const tree = treeOf(suitesOver(crypto)(context.cipherSuite), decodeTreeNodes(bytes.tree))
  if (!equalBytes(treeHash(tree), context.treeHash)) refuse('group-info-mismatch', 'treeHash')
  verifyTree(tree, context.groupId)
  checkMembers(tree, context.extensions)
}

/** A credential of another kind than X.509 has no certificates, so nobody vouches for it. */
const faultInCredentials = async (tree: RatchetTree, check: CredentialCheck): Promise<string | undefined> => {
  const leaves = memberLeavesOf(tree)
  const vouched = await Promise.all(leaves.map(({ certificates, signatureKey }) => check(certificates, signatureKey)))
  const stranger = leaves[vouched.indexOf(false)]
  return stranger === undefined ? undefined : `credential of leaf ${stranger.leafIndex}`
}
