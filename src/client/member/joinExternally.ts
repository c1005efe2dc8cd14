/** Joining by external Commit (RFC 9420 §12.4.3.2), corrected: external_pub as the RFC encodes it, good trees taken. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { groupInfoOf } from './ownGroupInfo.js'
import { configOf, type CredentialCheck, type GroupState, wrap } from './groupState.js'
import { decodeTree } from './joinByWelcome.js'
import { keyPackageIn, type OwnKeyPackage } from './ownKeyPackage.js'
import { type LeafIdentity, privateKeys } from './leaf.js'
import { decodeMessage, encodeMessage } from './messageCodec.js'
import { memberLeavesOf } from './memberLeaves.js'
import { decodeOpaque } from './opaque.js'
import {
  addLeafNode,
  createConfirmationTag,
  createContentCommitSignature,
  createSecretTree,
  createUpdatePath,
  exportSecret,
  getCommitSecret,
  type GroupInfo,
  initializeEpoch,
  type KeyPackage,
  leafToNodeIndex,
  leafWidth,
  nextEpochContext,
  nodeToLeafIndex,
  pathToPathSecrets,
  type Proposal,
  protectPublicMessage,
  type RatchetTree,
  ratchetTreeFromExtension,
  removeLeafNode,
  toLeafIndex,
  toNodeIndex,
  toPrivateKeyPath,
  treeHashRoot,
  updateLeafKey,
  verifyGroupInfoSignature,
  zeroOutUint8Array,
} from './tsMls.js'
import { loadSuite, type Suite } from './suite.js'
import { faultInTree } from './faultInTree.js'

export type ExternalJoin =
  | {
      readonly type: 'staged'
      readonly next: GroupState
      readonly commit: Uint8Array
      readonly groupInfo: Uint8Array
      /** Whether a leaf of ours was replaced. */
      readonly resync: boolean
    }
  | { readonly type: 'refused'; readonly detail: string }

type Input = {
  /** The current GroupInfo, an MLSMessage, with the tree in it or beside. */
  readonly groupInfo: Uint8Array
  readonly ratchetTree: Uint8Array | undefined
  readonly keyPackage: OwnKeyPackage
  readonly identity: LeafIdentity
  readonly check: CredentialCheck
}

/** A leaf with this client's signature key is replaced (a resync); without one the client joins beside its user's others. */
export const joinExternally = async (input: Input): Promise<ExternalJoin> => {
  const suite = await loadSuite(input.keyPackage.cipherSuite)
  const groupInfo = decodeMessage(input.groupInfo, 'mls_group_info')?.groupInfo
  const publicPackage = keyPackageIn(input.keyPackage.message)
  if (groupInfo?.groupContext.cipherSuite !== suite.name || publicPackage === undefined)
    return { type: 'refused', detail: 'not a GroupInfo of this suite' }
  const beside = input.ratchetTree === undefined ? undefined : decodeTree(input.ratchetTree)
  const tree = ratchetTreeFromExtension(groupInfo) ?? beside
  const fault = await faultInGroup(groupInfo, tree, input.check, suite)
  if (fault !== undefined || tree === undefined) return { type: 'refused', detail: fault ?? 'no ratchet tree' }
  return commitExternally({ ...input, publicPackage, info: groupInfo, tree, suite })
}

const faultInGroup = async (
  groupInfo: GroupInfo,
  tree: RatchetTree | undefined,
  check: CredentialCheck,
  suite: Suite,
): Promise<string | undefined> => {
  if (tree === undefined) return 'no ratchet tree'
  const fault = await faultInTree(tree, groupInfo.groupContext, check)
  if (fault !== undefined) return `the ratchet tree has a fault: ${fault}`
  const { signer } = groupInfo
  const node = signer < leafWidth(tree.length) ? tree[leafToNodeIndex(toLeafIndex(signer))] : undefined
  if (node?.nodeType !== 'leaf') return 'the signer of the GroupInfo is not in the tree'
  const isSigned = await verifyGroupInfoSignature(groupInfo, node.leaf.signaturePublicKey, suite.signature)
  return isSigned ? undefined : 'the signature of the GroupInfo'
}

type Checked = Input & {
  readonly publicPackage: KeyPackage
  readonly info: GroupInfo
  readonly tree: RatchetTree
  readonly suite: Suite
}

const commitExternally = async (input: Checked): Promise<ExternalJoin> => {
  const { info, suite, publicPackage } = input
  const external = info.extensions.find(({ extensionType }) => extensionType === 'external_pub')
  const externalPub = external === undefined ? undefined : decodeOpaque(external.extensionData)
  if (externalPub === undefined) return { type: 'refused', detail: 'no external_pub' }
  const { enc, secret: initSecret } = await exportSecret(externalPub, suite)
  const keys = privateKeys(input.identity, input.keyPackage.secrets)
  const former = memberLeavesOf(input.tree).find((leaf) =>
    equalBytes(leaf.signatureKey, input.identity.signatureKey),
  )?.leafIndex
  const vacated = former === undefined ? input.tree : vacate(input.tree, former)
  const [joined, node] = addLeafNode(vacated, publicPackage.leafNode)
  const leafIndex = nodeToLeafIndex(node)
  const [tree, path, pathSecrets, leafKey] = await createUpdatePath(
    joined,
    leafIndex,
    info.groupContext,
    keys.signaturePrivateKey,
    suite,
  )
  const ownPath = await toPrivateKeyPath(pathToPathSecrets(pathSecrets), leafIndex, suite)
  const privatePath = updateLeafKey(ownPath, await suite.hpke.exportPrivateKey(leafKey))
  const last = pathSecrets.at(-1)
  const commitSecret =
    last === undefined
      ? new Uint8Array(suite.kdf.size)
      : await getCommitSecret(tree, toNodeIndex(last.nodeIndex), last.secret, suite.kdf)
  const proposals: Proposal[] = [
    ...(former === undefined ? [] : [{ proposalType: 'remove', remove: { removed: former } } as const]),
    { proposalType: 'external_init', externalInit: { kemOutput: enc } },
  ]
  const { signature, framedContent } = await createContentCommitSignature(
    info.groupContext,
    'mls_public_message',
    { proposals: proposals.map((proposal) => ({ proposalOrRefType: 'proposal', proposal })), path },
    { senderType: 'new_member_commit' },
    new Uint8Array(),
    keys.signaturePrivateKey,
    suite.signature,
  )
  const groupContext = await nextEpochContext(
    info.groupContext,
    'mls_public_message',
    framedContent,
    signature,
    await treeHashRoot(tree, suite.hash),
    info.confirmationTag,
    suite.hash,
  )
  const secrets = await initializeEpoch(
    initSecret,
    commitSecret,
    groupContext,
    new Uint8Array(suite.kdf.size),
    suite.kdf,
  )
  const confirmationTag = await createConfirmationTag(
    secrets.keySchedule.confirmationKey,
    groupContext.confirmedTranscriptHash,
    suite.hash,
  )
  const next = wrap({
    suite,
    client: {
      groupContext,
      ratchetTree: tree,
      privatePath,
      signaturePrivateKey: keys.signaturePrivateKey,
      confirmationTag,
      unappliedProposals: {},
      keySchedule: secrets.keySchedule,
      secretTree: await createSecretTree(leafWidth(tree.length), secrets.encryptionSecret, suite.kdf),
      historicalReceiverData: new Map(),
      groupActiveState: { kind: 'active' },
      clientConfig: configOf(input.check),
    },
  })
  const publicMessage = await protectPublicMessage(
    secrets.keySchedule.membershipKey,
    groupContext,
    {
      wireformat: 'mls_public_message',
      content: framedContent,
      auth: { contentType: 'commit', signature, confirmationTag },
    },
    suite,
  )
  for (const secret of [commitSecret, initSecret, secrets.encryptionSecret, secrets.joinerSecret])
    zeroOutUint8Array(secret)
  return {
    type: 'staged',
    next,
    commit: encodeMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage }),
    groupInfo: await groupInfoOf(next, { ratchetTree: false }),
    resync: former !== undefined,
  }
}

/** ts-mls cannot shrink a tree to nothing: a group of one is left empty for the newcomer to take leaf 0. */
const vacate = (tree: RatchetTree, leaf: number): RatchetTree =>
  tree.length === 1 ? [undefined] : removeLeafNode(tree, toLeafIndex(leaf))
