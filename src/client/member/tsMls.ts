/** The only file that imports ts-mls 1.6.4: what the wrapper beside it takes, deep imports included, so that a change of version starts here. */
export {
  ciphersuites,
  createApplicationMessage,
  createCommit,
  createGroup as createTsMlsGroup,
  createProposal,
  decodeMlsMessage,
  defaultCryptoProvider,
  emptyPskIndex,
  encodeGroupState,
  encodeMlsMessage,
  decodeGroupState,
  encodeRequiredCapabilities,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  makePskIndex,
  mlsExporter,
  processPublicMessage,
  zeroOutUint8Array,
} from 'ts-mls'
export type {
  Capabilities,
  CiphersuiteImpl,
  CiphersuiteName,
  ClientConfig,
  ClientState,
  Credential,
  GroupContext,
  GroupInfo,
  KeyPackage,
  LeafIndex,
  LeafNode,
  Lifetime,
  MLSMessage,
  PrivateKeyPackage,
  PrivateMessage,
  Proposal,
  PublicMessage,
  RatchetTree,
  Signature,
  Welcome,
} from 'ts-mls'
export { exportSecret, nextEpochContext } from 'ts-mls/clientState.js'
export { createContentCommitSignature, createConfirmationTag } from 'ts-mls/framedContent.js'
export { extensionsSupportedByCapabilities } from 'ts-mls/extension.js'
export { encodeGroupContext } from 'ts-mls/groupContext.js'
export {
  ratchetTreeFromExtension,
  signGroupInfo,
  verifyGroupInfoConfirmationTag,
  verifyGroupInfoSignature,
} from 'ts-mls/groupInfo.js'
export { makeKeyPackageRef, verifyKeyPackage } from 'ts-mls/keyPackage.js'
export { deriveKeySchedule, initializeEpoch } from 'ts-mls/keySchedule.js'
export { verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js'
export type { LeafNodeKeyPackage } from 'ts-mls/leafNode.js'
export { unprotectPrivateMessage } from 'ts-mls/messageProtection.js'
export { protectPublicMessage } from 'ts-mls/messageProtectionPublic.js'
export { decryptSenderData } from 'ts-mls/privateMessage.js'
export { getCommitSecret, pathToPathSecrets, pathToRoot } from 'ts-mls/pathSecrets.js'
export { mergePrivateKeyPaths, toPrivateKeyPath, updateLeafKey } from 'ts-mls/privateKeyPath.js'
export { accumulatePskSecret } from 'ts-mls/pskIndex.js'
export { addLeafNode, decodeRatchetTree, encodeRatchetTree, findLeafIndex, removeLeafNode } from 'ts-mls/ratchetTree.js'
export { createSecretTree } from 'ts-mls/secretTree.js'
export { treeHashRoot } from 'ts-mls/treeHash.js'
export { leafToNodeIndex, leafWidth, nodeToLeafIndex, toLeafIndex, toNodeIndex } from 'ts-mls/treemath.js'
export { createUpdatePath, firstCommonAncestor } from 'ts-mls/updatePath.js'
export { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'
