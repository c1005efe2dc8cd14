/**
 * Makes messages that only a server can be fooled by: signed, hashed and shaped as a member's, with random bytes where a
 * member's secrets would be. So tests and benchmarks build any group, right or wrong, without a client.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { Capabilities } from '#src/mls/wire/capabilities.js'
import { cipherSuite } from '#src/mls/crypto/cipherSuite.js'
import { signContent } from '#src/mls/crypto/labels.js'
import type { CipherSuite } from '#src/mls/crypto/suite.js'
import type { Commit, ProposalOrRef, UpdatePath, UpdatePathNode } from '#src/mls/wire/commit.js'
import type { Credential } from '#src/mls/wire/credential.js'
import type { Extension } from '#src/mls/wire/extension.js'
import { writeRequiredCapabilities } from '#src/mls/wire/capabilities.js'
import { type FramedContent, type PublicMessage, type Sender, writeFramedContent } from '#src/mls/wire/framing.js'
import { mls10 } from '#src/mls/wire/groupContext.js'
import { type GroupInfo, writeGroupInfoContent } from '#src/mls/wire/groupInfo.js'
import { type KeyPackage, readKeyPackage, writeKeyPackage } from '#src/mls/wire/keyPackage.js'
import {
  type LeafNode,
  type LeafNodeSource,
  readLeafNode,
  writeLeafNode,
  writeLeafNodeContent,
} from '#src/mls/wire/leafNode.js'
import { decodeMlsMessage, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { ParentNode } from '#src/mls/wire/parentNode.js'
import type { GroupPolicy } from '#src/mls/group/policy.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import { applyProposals } from '#src/mls/group/proposalList.js'
import { encodeTree, groupOf, type PublicGroup } from '#src/mls/group/publicGroup.js'
import { filteredDirectPath, makeRoom, type RatchetTree, resolution, treeOf } from '#src/mls/tree/ratchetTree.js'
import { decodeExactly } from '#src/mls/bytes/reader.js'
import { keyPackageRef } from '#src/mls/crypto/references.js'
import type { StagedCommit, StagedProposal } from '#src/mls/group/stagedCommit.js'
import { parentHash } from '#src/mls/tree/treeHash.js'
import type { Welcome } from '#src/mls/wire/welcome.js'
import {
  encodeWith,
  type Writer,
  writeOpaque,
  writeRaw,
  writerOf,
  writeUint16,
  writeUint32,
  written,
} from '#src/mls/bytes/writer.js'
import { accepted } from './vectors.js'

export const none = new Uint8Array()
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))

/** The clock of forged groups, in ms. */
export const forgedNow = Date.UTC(2027, 0, 1)
const day = 24 * 3600

/** One who signs: a client with its credential and capabilities. */
export type Forger = {
  readonly suite: CipherSuite
  readonly signatureKey: Uint8Array
  readonly privateKey: KeyObject
  readonly credential: Credential
  readonly capabilities: Capabilities
  readonly extensions: readonly Extension[]
  /** Of its KeyPackages and of a group it creates; around `forgedNow` unless told otherwise. */
  readonly lifetime?: LeafNodeSource
}

const curveNames = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const

const signatureKeyPair = (suite: CipherSuite): { readonly raw: Uint8Array; readonly privateKey: KeyObject } => {
  const { signature } = suite
  if (signature.kty === 'OKP') {
    const pair = signature.curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')
    return { raw: rawKey(pair.publicKey, signature.keyBytes), privateKey: pair.privateKey }
  }
  const pair = generateKeyPairSync('ec', { namedCurve: curveNames[signature.curve] })
  return { raw: rawKey(pair.publicKey, signature.keyBytes), privateKey: pair.privateKey }
}

const rawKey = (key: KeyObject, bytes: number): Uint8Array =>
  new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-bytes))

export const hpkeKey = (suite: CipherSuite): Uint8Array => {
  if (suite.kemPoint === undefined) return random(suite.kemPublicKeyBytes)
  return rawKey(
    generateKeyPairSync('ec', { namedCurve: curveNames[suite.kemPoint.curve] }).publicKey,
    suite.kemPublicKeyBytes,
  )
}

export const forger = (name: string, changes: Partial<Forger> = {}): Forger => {
  const suite = changes.suite ?? cipherSuite(1)
  const { raw, privateKey } = signatureKeyPair(suite)
  return {
    suite,
    signatureKey: raw,
    privateKey,
    credential: { type: 'basic', identity: ascii(name) },
    capabilities: {
      versions: [mls10],
      cipherSuites: [suite.id],
      extensions: [0xf0c1],
      proposals: [],
      credentials: [1, 2],
    },
    extensions: [{ type: 0xf0c1, data: random(24) }],
    ...changes,
  }
}

export const signedBy = (forger: Forger, label: string, content: Uint8Array): Uint8Array => {
  const algorithm = forger.suite.signature.kty === 'OKP' ? undefined : forger.suite.hash
  return new Uint8Array(sign(algorithm, signContent(label, content), forger.privateKey))
}

type Place = { readonly groupId: Uint8Array; readonly leafIndex: number }
type LeafContent = Omit<LeafNode, 'kind' | 'signature' | 'bytes' | 'signedBytes'>

export const validLifetime: LeafNodeSource = {
  type: 'keyPackage',
  notBefore: BigInt(forgedNow / 1000 - 3600),
  notAfter: BigInt(forgedNow / 1000 + 30 * day),
}

/** A signed leaf; `change` is applied before it is signed. */
export const forgeLeaf = (
  from: Forger,
  source: LeafNodeSource,
  place: Place | undefined,
  change: (leaf: LeafContent) => LeafContent = (leaf) => leaf,
): LeafNode => {
  const content = change({
    encryptionKey: hpkeKey(from.suite),
    signatureKey: from.signatureKey,
    credential: from.credential,
    capabilities: from.capabilities,
    source,
    extensions: from.extensions,
  })
  const writer = writerOf()
  writeLeafNodeContent(writer, content)
  if (place !== undefined) {
    writeOpaque(writer, place.groupId)
    writeUint32(writer, place.leafIndex)
  }
  const signature = signedBy(from, 'LeafNodeTBS', written(writer))
  const leaf: LeafNode = { ...content, kind: 'leaf', signature, bytes: none, signedBytes: none }
  return decodeExactly(encodeWith(writeLeafNode, leaf), readLeafNode)
}

/** A signed KeyPackage; `change` is applied before it is signed. */
export const forgeKeyPackage = (
  from: Forger,
  change: (keyPackage: KeyPackage) => KeyPackage = (keyPackage) => keyPackage,
  changeLeaf: (leaf: LeafContent) => LeafContent = (leaf) => leaf,
): KeyPackage => {
  const unsigned = change({
    version: mls10,
    cipherSuite: from.suite.id,
    initKey: hpkeKey(from.suite),
    leafNode: forgeLeaf(from, from.lifetime ?? validLifetime, undefined, changeLeaf),
    extensions: [],
    signature: none,
    bytes: none,
    signedBytes: none,
  })
  const signed = encodeWith(writeKeyPackage, unsigned).subarray(0, -1)
  const signature = signedBy(from, 'KeyPackageTBS', signed)
  return decodeExactly(encodeWith(writeKeyPackage, { ...unsigned, signature }), readKeyPackage)
}

export const keyPackageMessage = (keyPackage: KeyPackage): Uint8Array =>
  encodeMlsMessage({ wireFormat: 'keyPackage', keyPackage })

export const requiring = (extensions: readonly number[]): Extension => ({
  type: 3,
  data: encodeWith(writeRequiredCapabilities, { extensions, proposals: [], credentials: [] }),
})

/** A group of one at epoch 0. */
export const forgeGroup = (
  creator: Forger,
  extensions: readonly Extension[] = [requiring([0xf0c1])],
  groupId: Uint8Array = random(16),
): PublicGroup =>
  groupOf({
    groupId,
    epoch: 0n,
    confirmedTranscriptHash: none,
    extensions,
    tree: treeOf(creator.suite, [forgeLeaf(creator, creator.lifetime ?? validLifetime, undefined)]),
    confirmationTag: random(creator.suite.hashBytes),
  })

/** The external_pub extension, as anybody can join by it. */
export const externalPub = (suite: CipherSuite, key: Uint8Array = hpkeKey(suite)): Extension => ({
  type: 4,
  data: encodeWith(writeOpaque, key),
})

/** A GroupInfo of the group as it is, tree and external_pub inside. */
export const forgeGroupInfo = (
  group: PublicGroup,
  signer: Forger,
  leafIndex: number,
  change: (info: GroupInfo) => GroupInfo = (info) => info,
): Uint8Array => {
  const unsigned = change({
    groupContext: {
      version: mls10,
      cipherSuite: group.cipherSuite,
      groupId: group.groupId,
      epoch: group.epoch,
      treeHash: group.treeHash,
      confirmedTranscriptHash: group.confirmedTranscriptHash,
      extensions: group.extensions,
      bytes: none,
    },
    extensions: [{ type: 2, data: encodeTree(group) }, externalPub(group.tree.suite)],
    confirmationTag: group.confirmationTag,
    signer: leafIndex,
    signature: none,
    bytes: none,
    signedBytes: none,
  })
  const signature = signedBy(signer, 'GroupInfoTBS', encodeWith(writeGroupInfoContent, unsigned))
  return encodeMlsMessage({ wireFormat: 'groupInfo', groupInfo: { ...unsigned, signature } })
}

/** A Welcome to exactly those added. */
export const forgeWelcome = (staged: StagedCommit): Welcome => ({
  cipherSuite: staged.next.cipherSuite,
  secrets: staged.added.map(({ keyPackage }) => ({
    newMember: keyPackageRef(keyPackage),
    encryptedGroupSecrets: { kemOutput: random(32), ciphertext: random(84) },
  })),
  encryptedGroupInfo: random(300),
})

type MessageChange = (content: Omit<FramedContent, 'bytes'>) => Omit<FramedContent, 'bytes'>

/** A signed PublicMessage with tags of the right size; `change` is applied before it is signed. */
const forgeMessage = (
  group: PublicGroup,
  from: Forger,
  sender: Sender,
  content: FramedContent['content'],
  change: MessageChange = (framed) => framed,
): PublicMessage => {
  const framed = change({ groupId: group.groupId, epoch: group.epoch, sender, authenticatedData: none, content })
  const tag = (): Uint8Array => random(from.suite.hashBytes)
  const signature = signedBy(from, 'FramedContentTBS', framedContentTbs(framed, group.groupContext))
  const message = accepted(
    decodeMlsMessage(
      encodeMlsMessage({
        wireFormat: 'publicMessage',
        publicMessage: {
          content: { ...framed, bytes: none },
          signature,
          confirmationTag: framed.content.type === 'commit' ? tag() : undefined,
          membershipTag: framed.sender.type === 'member' ? tag() : undefined,
          bytes: none,
        },
      }),
    ),
  )
  if (message.wireFormat !== 'publicMessage') throw new Error('not a PublicMessage')
  return message.publicMessage
}

const framedContentTbs = (framed: Omit<FramedContent, 'bytes'>, context: Uint8Array): Uint8Array => {
  const writer: Writer = writerOf()
  writeUint16(writer, mls10)
  writeUint16(writer, 1)
  writeFramedContent(writer, framed)
  if (framed.sender.type === 'member' || framed.sender.type === 'newMemberCommit') writeRaw(writer, context)
  return written(writer)
}

export const forgeProposal = (
  group: PublicGroup,
  from: Forger,
  sender: Sender | number,
  proposal: Proposal,
  change?: MessageChange,
): PublicMessage =>
  forgeMessage(
    group,
    from,
    typeof sender === 'number' ? { type: 'member', leafIndex: sender } : sender,
    { type: 'proposal', proposal },
    change,
  )

export type CommitOptions = {
  readonly proposals?: readonly (Proposal | Uint8Array)[]
  /** Without it a path is made; false leaves it out. */
  readonly path?: boolean
  readonly changePath?: (path: UpdatePath) => UpdatePath
  readonly changeLeaf?: (leaf: LeafContent) => LeafContent
  readonly change?: MessageChange
  /** The leaf index that the leaf is signed for, if not its own. */
  readonly signedFor?: number
}

/** A commit of the member at a leaf, or of a newcomer when the leaf index is undefined. */
export const forgeCommit = (
  group: PublicGroup,
  from: Forger,
  leafIndex: number | undefined,
  options: CommitOptions = {},
): PublicMessage => {
  const list = (options.proposals ?? []).map((item): ProposalOrRef =>
    item instanceof Uint8Array ? { type: 'reference', ref: item } : { type: 'proposal', proposal: item },
  )
  const sender: Sender = leafIndex === undefined ? { type: 'newMemberCommit' } : { type: 'member', leafIndex }
  const path = options.path === false ? undefined : forgePath(group, from, leafIndex, list, sender, options)
  const commit: Commit = { proposals: list, path }
  return forgeMessage(group, from, sender, { type: 'commit', commit }, options.change)
}

const forgePath = (
  group: PublicGroup,
  from: Forger,
  leafIndex: number | undefined,
  list: readonly ProposalOrRef[],
  sender: Sender,
  options: CommitOptions,
): UpdatePath => {
  const applied = proposalsApplied(group, list, sender)
  const place = leafIndex === undefined ? makeRoom(applied.tree) : { tree: applied.tree, leafIndex }
  const { nodes, leafParentHash } = forgeNodes(place.tree, place.leafIndex, applied.added)
  const source: LeafNodeSource = { type: 'commit', parentHash: leafParentHash }
  const signedPlace = { groupId: group.groupId, leafIndex: options.signedFor ?? place.leafIndex }
  const leafNode = forgeLeaf(from, source, signedPlace, options.changeLeaf)
  return (options.changePath ?? ((path) => path))({ leafNode, nodes })
}

/** The tree after the proposals, or the tree as it is where they cannot be applied, which is what a test is then about. */
const proposalsApplied = (
  group: PublicGroup,
  list: readonly ProposalOrRef[],
  sender: Sender,
): { readonly tree: RatchetTree; readonly added: readonly number[] } => {
  try {
    const staged = list.flatMap((item): StagedProposal[] => {
      if (item.type === 'proposal') return [{ proposal: item.proposal, ref: undefined, sender }]
      const pending = group.pending.get(Buffer.from(item.ref).toString('base64url'))
      return pending === undefined ? [] : [pending]
    })
    const { tree, added } = applyProposals(group, staged)
    return { tree, added: added.map(({ leafIndex }) => leafIndex) }
  } catch {
    return { tree: group.tree, added: [] }
  }
}

const forgeNodes = (
  tree: RatchetTree,
  leafIndex: number,
  added: readonly number[],
): { readonly nodes: readonly UpdatePathNode[]; readonly leafParentHash: Uint8Array } => {
  const { suite } = tree
  const nodes: UpdatePathNode[] = []
  let above: Uint8Array = none
  for (const { copath } of filteredDirectPath(tree, leafIndex).reverse()) {
    const encryptionKey = hpkeKey(suite)
    const parent: ParentNode = { kind: 'parent', encryptionKey, parentHash: above, unmergedLeaves: [] }
    above = parentHash(tree, parent, copath)
    const receivers = resolution(tree, copath).filter((node) => !added.includes(node / 2))
    const encryptedPathSecrets = receivers.map(() => ({
      kemOutput: random(suite.kemOutputBytes),
      ciphertext: random(suite.hashBytes + 16),
    }))
    nodes.unshift({ encryptionKey, encryptedPathSecrets })
  }
  return { nodes, leafParentHash: above }
}

/** A policy that vouches for everybody. */
export const lenient: GroupPolicy = {
  now: forgedNow,
  maxLifetimeS: 90 * day,
  credential: () => ({ ok: true, value: undefined }),
  queueReference: () => ({ ok: true, value: undefined }),
  requiredExtensions: [0xf0c1],
}
