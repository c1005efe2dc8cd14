/** Joining by Welcome (RFC 9420 §12.4.3.1), corrected: good trees with unmerged leaves are taken, and the tree may come later. */
import { configOf, type CredentialCheck, type GroupState, wrap } from './groupState.js'
import { keyPackageIn, type OwnKeyPackage } from './ownKeyPackage.js'
import { type LeafIdentity, privateKeys } from './leaf.js'
import { decodeMessage } from './messageCodec.js'
import {
  accumulatePskSecret,
  createSecretTree,
  decodeRatchetTree,
  decryptGroupInfo,
  decryptGroupSecrets,
  deriveKeySchedule,
  emptyPskIndex,
  extensionsSupportedByCapabilities,
  findLeafIndex,
  firstCommonAncestor,
  type GroupInfo,
  type KeyPackage,
  leafToNodeIndex,
  leafWidth,
  mergePrivateKeyPaths,
  pathToRoot,
  type RatchetTree,
  ratchetTreeFromExtension,
  toLeafIndex,
  toPrivateKeyPath,
  verifyGroupInfoConfirmationTag,
  verifyGroupInfoSignature,
  zeroOutUint8Array,
} from './tsMls.js'
import { loadSuite, type Suite } from './suite.js'
import { faultInTree } from './faultInTree.js'

export type Joined =
  { readonly type: 'joined'; readonly state: GroupState } | { readonly type: 'refused'; readonly detail: string }

class WelcomeRefused extends Error {}
const refuse = (detail: string): never => {
  throw new WelcomeRefused(detail)
}

export const joinByWelcome = async (input: {
  /** An MLSMessage. */
  readonly welcome: Uint8Array
  readonly keyPackage: OwnKeyPackage
  readonly identity: LeafIdentity
  /** Asked when the Welcome carries no tree: the encoded ratchet tree of that epoch. */
  readonly fetchTree: (groupId: Uint8Array, epoch: bigint) => Promise<Uint8Array>
  readonly check: CredentialCheck
}): Promise<Joined> => {
  const suite = await loadSuite(input.keyPackage.cipherSuite)
  const opened = await openWelcome(input, suite)
  if (typeof opened === 'string') return { type: 'refused', detail: opened }
  const { groupInfo } = opened
  const { groupId, epoch } = groupInfo.groupContext
  const tree = ratchetTreeFromExtension(groupInfo) ?? decodeTree(await input.fetchTree(groupId, epoch))
  if (tree === undefined) return { type: 'refused', detail: 'the ratchet tree is malformed' }
  try {
    return { type: 'joined', state: await join(input, opened, tree, suite) }
  } catch (error) {
    return { type: 'refused', detail: error instanceof Error ? error.message : String(error) }
  }
}

type Opened = {
  readonly groupInfo: GroupInfo
  readonly joinerSecret: Uint8Array
  readonly pathSecret: Uint8Array | undefined
  readonly pskSecret: Uint8Array
  readonly publicPackage: KeyPackage
}

const openWelcome = async (
  { welcome: bytes, keyPackage, identity }: Parameters<typeof joinByWelcome>[0],
  suite: Suite,
): Promise<Opened | string> => {
  const welcome = decodeMessage(bytes, 'mls_welcome')?.welcome
  const publicPackage = keyPackageIn(keyPackage.message)
  if (welcome?.cipherSuite !== suite.name || publicPackage === undefined) return 'not a Welcome for this KeyPackage'
  try {
    const initKey = await suite.hpke.importPrivateKey(privateKeys(identity, keyPackage.secrets).initPrivateKey)
    const secrets = await decryptGroupSecrets(initKey, keyPackage.ref, welcome, suite.hpke)
    if (secrets === undefined) return 'the group secrets are malformed'
    const zeroes = new Uint8Array(suite.kdf.size)
    const [pskSecret] = await accumulatePskSecret(secrets.psks, emptyPskIndex, suite, zeroes)
    const groupInfo = await decryptGroupInfo(welcome, secrets.joinerSecret, pskSecret, suite)
    if (groupInfo === undefined) return 'the GroupInfo is malformed'
    return { groupInfo, joinerSecret: secrets.joinerSecret, pathSecret: secrets.pathSecret, pskSecret, publicPackage }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export const decodeTree = (bytes: Uint8Array): RatchetTree | undefined => {
  try {
    const decoded = decodeRatchetTree(new Uint8Array(bytes), 0)
    return decoded?.[1] === bytes.length ? decoded[0] : undefined
  } catch {
    return undefined
  }
}

const join = async (
  input: Parameters<typeof joinByWelcome>[0],
  opened: Opened,
  tree: RatchetTree,
  suite: Suite,
): Promise<GroupState> => {
  const { groupInfo, publicPackage, pskSecret } = opened
  const config = configOf(input.check)
  await checkGroupInfo(groupInfo, publicPackage, tree, suite)
  const fault = await faultInTree(tree, groupInfo.groupContext, input.check)
  if (fault !== undefined) refuse(`the ratchet tree has a fault: ${fault}`)
  const ownLeaf = findLeafIndex(tree, publicPackage.leafNode) ?? refuse('our leaf is not in the tree')
  const keys = privateKeys(input.identity, input.keyPackage.secrets)
  const own = { leafIndex: ownLeaf, privateKeys: { [leafToNodeIndex(ownLeaf)]: keys.hpkePrivateKey } }
  const ancestor = firstCommonAncestor(tree, ownLeaf, toLeafIndex(groupInfo.signer))
  const privatePath =
    opened.pathSecret === undefined
      ? own
      : mergePrivateKeyPaths(
          await toPrivateKeyPath(await pathToRoot(tree, ancestor, opened.pathSecret, suite.kdf), ownLeaf, suite),
          own,
        )
  const { joinerSecret } = opened
  if (!(await verifyGroupInfoConfirmationTag(groupInfo, joinerSecret, pskSecret, suite))) refuse('the confirmation tag')
  const [keySchedule, encryptionSecret] = await deriveKeySchedule(
    joinerSecret,
    pskSecret,
    groupInfo.groupContext,
    suite.kdf,
  )
  const secretTree = await createSecretTree(leafWidth(tree.length), encryptionSecret, suite.kdf)
  zeroOutUint8Array(encryptionSecret)
  zeroOutUint8Array(joinerSecret)
  return wrap({
    suite,
    client: {
      groupContext: groupInfo.groupContext,
      ratchetTree: tree,
      privatePath,
      signaturePrivateKey: keys.signaturePrivateKey,
      confirmationTag: groupInfo.confirmationTag,
      unappliedProposals: {},
      keySchedule,
      secretTree,
      historicalReceiverData: new Map(),
      groupActiveState: { kind: 'active' },
      clientConfig: config,
    },
  })
}

const checkGroupInfo = async (
  groupInfo: GroupInfo,
  publicPackage: KeyPackage,
  tree: RatchetTree,
  suite: Suite,
): Promise<void> => {
  const { groupContext, signer } = groupInfo
  if (groupContext.cipherSuite !== publicPackage.cipherSuite) refuse('another ciphersuite')
  if (!extensionsSupportedByCapabilities(groupContext.extensions, publicPackage.leafNode.capabilities))
    refuse('a group extension that we do not support')
  const node = signer < leafWidth(tree.length) ? tree[leafToNodeIndex(toLeafIndex(signer))] : undefined
  if (node?.nodeType !== 'leaf') return refuse('the signer of the GroupInfo is not in the tree')
  if (!(await verifyGroupInfoSignature(groupInfo, node.leaf.signaturePublicKey, suite.signature)))
    refuse('the signature of the GroupInfo')
}
