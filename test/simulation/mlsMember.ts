/** A member of an MLS group that is run by ts-mls 1.6.4, for the simulation: the other implementation. */
import {
  acceptAll,
  type ClientState,
  type CiphersuiteImpl,
  createCommit,
  createGroup,
  createProposal,
  defaultCryptoProvider,
  emptyPskIndex,
  encodeMlsMessage,
  type Extension,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  type GroupInfo,
  joinGroupExternal,
  type KeyPackage,
  type MlsPublicMessage,
  type PrivateKeyPackage,
  processPublicMessage,
  type Proposal,
  proposeAddExternal,
  type PublicMessage,
  type Welcome,
} from 'ts-mls'
import { defaultClientConfig } from 'ts-mls/clientConfig.js'
import { encode } from 'ts-mls/codec/tlsEncoder.js'
import { createGroupInfo, createGroupInfoWithRatchetTree } from 'ts-mls/createCommit.js'
import { signWithLabel } from 'ts-mls/crypto/signature.js'
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js'
import { deriveKeySchedule } from 'ts-mls/keySchedule.js'
import { leafNodeTBSEncoder, type LeafNodeUpdate } from 'ts-mls/leafNode.js'
import { pathToRoot } from 'ts-mls/pathSecrets.js'
import { mergePrivateKeyPaths, toPrivateKeyPath, updateLeafKey } from 'ts-mls/privateKeyPath.js'
import { decodeRatchetTree, findLeafIndex } from 'ts-mls/ratchetTree.js'
import { createSecretTree } from 'ts-mls/secretTree.js'
import { leafToNodeIndex, leafWidth, toLeafIndex } from 'ts-mls/treemath.js'
import { firstCommonAncestor } from 'ts-mls/updatePath.js'
import { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'

/** A client that may become a member: its KeyPackage and the private halves. */
export type Newcomer = {
  readonly name: string
  readonly keyPackage: KeyPackage
  readonly privateKeys: PrivateKeyPackage
}

export type SimulatedMember = Newcomer & {
  readonly state: ClientState
  /** The private key of an Update that it proposed in this epoch. */
  readonly pendingKey: Uint8Array | undefined
}

const suiteName = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
const suite: CiphersuiteImpl = await getCiphersuiteImpl(getCiphersuiteFromName(suiteName), defaultCryptoProvider)
const clientConfig = { ...defaultClientConfig }
const queueReference: Extension = { extensionType: 0xf0c1, extensionData: new Uint8Array(24) }

/** Two newcomers of one name are one client: the second is how it comes back. */
export const newcomer = async (name: string, nowS: bigint): Promise<Newcomer> => {
  const { publicPackage, privatePackage } = await generateKeyPackage(
    { credentialType: 'basic', identity: new TextEncoder().encode(name) },
    { versions: ['mls10'], ciphersuites: [suiteName], extensions: [0xf0c1], proposals: [], credentials: ['basic'] },
    { notBefore: nowS - 3600n, notAfter: nowS + 3600n },
    [],
    suite,
    [queueReference],
  )
  return { name, keyPackage: publicPackage, privateKeys: privatePackage }
}

export const foundGroup = async (
  creator: Newcomer,
  groupId: Uint8Array,
  requiredCapabilities: Uint8Array,
): Promise<SimulatedMember> => {
  const extensions: Extension[] = [{ extensionType: 'required_capabilities', extensionData: requiredCapabilities }]
  const { keyPackage, privateKeys } = creator
  const state = await createGroup(groupId, keyPackage, privateKeys, extensions, suite, clientConfig)
  return { ...creator, state, pendingKey: undefined }
}

export const leafIndexOf = (member: SimulatedMember): number => member.state.privatePath.leafIndex

/** The state's GroupInfo as an MLSMessage, signed by this member. */
export const groupInfoOf = async ({ state }: SimulatedMember, withTree = true): Promise<Uint8Array> => {
  const { groupContext, confirmationTag, ratchetTree } = state
  const groupInfo = withTree
    ? await createGroupInfoWithRatchetTree(groupContext, confirmationTag, state, ratchetTree, [], suite)
    : await createGroupInfo(groupContext, confirmationTag, state, [], suite)
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo })
}

const encodePublic = (publicMessage: PublicMessage): Uint8Array =>
  encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage })

export type Sent = {
  readonly member: SimulatedMember
  readonly publicMessage: PublicMessage
  readonly bytes: Uint8Array
}

const sent = (member: SimulatedMember, message: { wireformat: string }): Sent => {
  if (message.wireformat !== 'mls_public_message') throw new Error(`a ${message.wireformat}, not a public message`)
  const { publicMessage } = message as MlsPublicMessage
  return { member, publicMessage, bytes: encodePublic(publicMessage) }
}

/** The proposal, and the member as it is once the proposal has been accepted. */
export const propose = async (member: SimulatedMember, proposal: Proposal): Promise<Sent> => {
  const { newState, message } = await createProposal(member.state, true, proposal, suite)
  return sent({ ...member, state: newState }, message)
}

/** An Update of the member's own leaf, made by hand: ts-mls has none. */
export const proposeUpdate = async (member: SimulatedMember): Promise<Sent> => {
  const { state, privateKeys, keyPackage } = member
  const pair = await suite.hpke.generateKeyPair()
  const { signaturePublicKey, capabilities, credential, extensions } = keyPackage.leafNode
  const content = {
    hpkePublicKey: await suite.hpke.exportPublicKey(pair.publicKey),
    signaturePublicKey,
    capabilities,
    credential,
    extensions,
    leafNodeSource: 'update',
  } as const
  const signed = encode(leafNodeTBSEncoder)({
    ...content,
    groupId: state.groupContext.groupId,
    leafIndex: leafIndexOf(member),
  })
  const signature = await signWithLabel(privateKeys.signaturePrivateKey, 'LeafNodeTBS', signed, suite.signature)
  const leafNode: LeafNodeUpdate = { ...content, signature }
  const result = await propose(member, { proposalType: 'update', update: { leafNode } })
  return { ...result, member: { ...result.member, pendingKey: await suite.hpke.exportPrivateKey(pair.privateKey) } }
}

/** A newcomer's own Add. */
export const proposeJoin = async (
  from: Newcomer,
  groupInfo: GroupInfo,
): Promise<{ publicMessage: PublicMessage; bytes: Uint8Array }> => {
  const message = await proposeAddExternal(groupInfo, from.keyPackage, from.privateKeys, suite)
  const { publicMessage } = message as MlsPublicMessage
  return { publicMessage, bytes: encodePublic(publicMessage) }
}

export type SentCommit = Sent & { readonly welcome: Welcome | undefined; readonly welcomeBytes: Uint8Array | undefined }

/** A commit of everything pending and of these proposals. */
export const commit = async (member: SimulatedMember, proposals: Proposal[]): Promise<SentCommit> => {
  const context = { state: member.state, cipherSuite: suite }
  const {
    newState,
    commit: message,
    welcome,
  } = await createCommit(context, {
    wireAsPublicMessage: true,
    extraProposals: proposals,
  })
  const welcomeBytes =
    welcome === undefined ? undefined : encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome })
  return { ...sent({ ...member, state: newState, pendingKey: undefined }, message), welcome, welcomeBytes }
}

/** Joins, or comes back and removes its former leaf; undefined where ts-mls refuses a valid tree (its known fault). */
export const commitExternally = async (
  from: Newcomer,
  informant: SimulatedMember,
  isBack: boolean,
): Promise<Sent | undefined> => {
  try {
    const groupInfo = await externalGroupInfo(informant)
    const { keyPackage, privateKeys } = from
    const tree = informant.state.ratchetTree
    const joined = await joinGroupExternal(groupInfo, keyPackage, privateKeys, isBack, suite, tree, clientConfig)
    const member: SimulatedMember = { ...from, state: joined.newState, pendingKey: undefined }
    return { member, publicMessage: joined.publicMessage, bytes: encodePublic(joined.publicMessage) }
  } catch (error) {
    if (error instanceof Error && error.message.includes('unmerged_leaves')) return undefined
    throw error
  }
}

const externalGroupInfo = async ({ state }: SimulatedMember): Promise<GroupInfo> => {
  const pair = await suite.hpke.deriveKeyPair(state.keySchedule.externalSecret)
  const extensionData = await suite.hpke.exportPublicKey(pair.publicKey)
  const extensions: Extension[] = [{ extensionType: 'external_pub', extensionData }]
  return createGroupInfo(state.groupContext, state.confirmationTag, state, extensions, suite)
}

/** The GroupInfo that a newcomer needs for its own Add. */
export const bareGroupInfo = ({ state }: SimulatedMember): Promise<GroupInfo> =>
  createGroupInfo(state.groupContext, state.confirmationTag, state, [], suite)

/** The member after somebody else's proposal or commit. */
export const receive = async (member: SimulatedMember, message: PublicMessage): Promise<SimulatedMember> => {
  const { pendingKey } = member
  const isCommit = message.content.contentType === 'commit'
  const ownUpdateCounts = isCommit && pendingKey !== undefined && coversOwnUpdate(message)
  const state = ownUpdateCounts
    ? { ...member.state, privatePath: updateLeafKey(member.state.privatePath, pendingKey) }
    : member.state
  const { newState } = await processPublicMessage(state, message, emptyPskIndex, suite, acceptAll)
  return { ...member, state: newState, pendingKey: isCommit ? undefined : pendingKey }
}

/** A member's commit covers everything pending, as ts-mls makes it; an external one covers nothing. */
const coversOwnUpdate = (message: PublicMessage): boolean => message.content.sender.senderType === 'member'

/** Joins by a Welcome with the tree that the server has: ts-mls's own join refuses some valid trees, so its check is left out. */
export const join = async (from: Newcomer, welcome: Welcome, ratchetTree: Uint8Array): Promise<SimulatedMember> => {
  const initKey = await suite.hpke.importPrivateKey(from.privateKeys.initPrivateKey)
  const ref = await makeKeyPackageRef(from.keyPackage, suite.hash)
  const secrets = await decryptGroupSecrets(initKey, ref, welcome, suite.hpke)
  const noPsk = new Uint8Array(suite.kdf.size)
  const groupInfo =
    secrets === undefined ? undefined : await decryptGroupInfo(welcome, secrets.joinerSecret, noPsk, suite)
  const tree = decodeRatchetTree(ratchetTree, 0)?.[0]
  const leafIndex = tree === undefined ? undefined : findLeafIndex(tree, from.keyPackage.leafNode)
  if (secrets === undefined || groupInfo === undefined || tree === undefined || leafIndex === undefined)
    throw new Error(`${from.name} cannot join`)
  const ownKey = { leafIndex, privateKeys: { [leafToNodeIndex(leafIndex)]: from.privateKeys.hpkePrivateKey } }
  const ancestor = firstCommonAncestor(tree, leafIndex, toLeafIndex(groupInfo.signer))
  const privatePath =
    secrets.pathSecret === undefined
      ? ownKey
      : mergePrivateKeyPaths(
          await toPrivateKeyPath(await pathToRoot(tree, ancestor, secrets.pathSecret, suite.kdf), leafIndex, suite),
          ownKey,
        )
  const { groupContext, confirmationTag } = groupInfo
  const [keySchedule, encryption] = await deriveKeySchedule(secrets.joinerSecret, noPsk, groupContext, suite.kdf)
  const state: ClientState = {
    groupContext,
    ratchetTree: tree,
    privatePath,
    signaturePrivateKey: from.privateKeys.signaturePrivateKey,
    confirmationTag,
    unappliedProposals: {},
    keySchedule,
    secretTree: await createSecretTree(leafWidth(tree.length), encryption, suite.kdf),
    historicalReceiverData: new Map(),
    groupActiveState: { kind: 'active' },
    clientConfig,
  }
  return { ...from, state, pendingKey: undefined }
}
