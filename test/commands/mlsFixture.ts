/** Real MLS for the deciders' tests: an authority, clients with certificates, and their groups in ts-mls. */
import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { X509Certificate } from '@peculiar/x509'
import { createHash, randomBytes } from 'node:crypto'
import {
  createApplicationMessage,
  createCommit,
  createGroup,
  createProposal,
  encodeMlsMessage,
  encodeRequiredCapabilities,
  emptyPskIndex,
  acceptAll,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  joinGroupExternal,
  processPublicMessage,
  defaultKeyRetentionConfig,
  defaultPaddingConfig,
  defaultKeyPackageEqualityConfig,
} from 'ts-mls'
import type {
  CiphersuiteImpl,
  ClientConfig,
  ClientState,
  Extension,
  KeyPackage,
  MLSMessage,
  PrivateKeyPackage,
  Proposal,
  PublicMessage,
  Welcome,
} from 'ts-mls'
import { encodeRatchetTree } from 'ts-mls/ratchetTree.js'
import { signGroupInfo } from 'ts-mls/groupInfo.js'
import type { By } from '#src/commands/group/access.js'
import type { LeafPolicy } from '#src/commands/group/leaves.js'
import { domainOf, groupIdBytes, makeId, parseDomain } from '#src/mls/wire/ids.js'
import type { ClientId, Domain, GroupId, QueueId, UserId } from '#src/mls/wire/ids.js'
import { openingOnce, queueReferenceCheck, sealQueueReference } from '#src/mls/group/queueReference.js'
import { encodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import type { SealingKeys } from '#src/mls/group/queueReference.js'
import { verifyCredential } from '#src/mls/group/verifyCredential.js'
import { generateKeyPairSync } from 'node:crypto'

export const domain = parseDomain('example.org') as Domain
/** ts-mls judges lifetimes by the machine's clock, so here it is. */
export const now = Date.now()
export const queueReferenceType = 0xf0c1

const suiteName = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
let loaded: Promise<CiphersuiteImpl> | undefined
const suite = (): Promise<CiphersuiteImpl> => (loaded ??= getCiphersuiteImpl(getCiphersuiteFromName(suiteName)))

export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
export const freshGroupId = (): GroupId => makeId('group', domain, random(16))

/** Who vouches, and where queues lead: a server in miniature. */
export type World = {
  readonly root: Uint8Array
  readonly issue: (publicKey: Uint8Array, user: UserId, client: ClientId, notAfter: number) => Promise<Uint8Array[]>
  readonly seal: (queue: QueueId, signatureKey: Uint8Array) => Uint8Array
  readonly sealingKeys: SealingKeys
  /** Queues that are gone. */
  readonly goneQueues: Set<QueueId>
  readonly policy: LeafPolicy
}

const algorithm = { name: 'Ed25519' } as const
type Pair = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey }
const pair = (): Promise<Pair> => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const yearMs = 365 * 24 * 60 * 60 * 1000

export const makeWorld = async (): Promise<World> => {
  const rootKeys = await pair()
  const issuerKeys = await pair()
  const ca = [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
  ]
  const validity = { notBefore: new Date(now - yearMs), notAfter: new Date(now + 10 * yearMs) }
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=root',
    keys: rootKeys,
    signingAlgorithm: algorithm,
    extensions: ca,
    ...validity,
  })
  const intermediate = await X509CertificateGenerator.create({
    subject: 'CN=intermediate',
    issuer: root.subject,
    publicKey: issuerKeys.publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: ca,
    ...validity,
  })
  const rootBytes = der(root)
  const sealing = generateKeyPairSync('x25519')
  const keyId = random(8)
  const sealingKeys: SealingKeys = new Map([[Buffer.from(keyId).toString('base64url'), sealing.privateKey]])
  const sealingPublic = new Uint8Array(sealing.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const goneQueues = new Set<QueueId>()
  const issue: World['issue'] = async (publicKey, user, client, notAfter) => {
    const certificate = await X509CertificateGenerator.create({
      subject: '',
      issuer: intermediate.subject,
      publicKey: await crypto.subtle.importKey('raw', new Uint8Array(publicKey), algorithm, true, ['verify']),
      signingKey: issuerKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: 'url', value: user },
          { type: 'url', value: client },
        ]),
      ],
      notBefore: new Date(now - yearMs),
      notAfter: new Date(notAfter),
    })
    return [der(certificate), der(intermediate)]
  }
  const seal: World['seal'] = (queue, signatureKey) =>
    encodeQueueReference(
      sealQueueReference({ queue, domain: domainOf(queue), keyId, publicKey: sealingPublic, signatureKey }),
    )
  const trust = (): readonly Uint8Array[] => [rootBytes]
  const policy: LeafPolicy = {
    now,
    maxLifetimeS: 90 * 24 * 60 * 60,
    credential: (credential, signatureKey) => verifyCredential(credential, signatureKey, trust, now),
    queueReference: queueReferenceCheck({
      domain,
      open: openingOnce(sealingKeys),
      isLive: (queue) => !goneQueues.has(queue),
    }),
    requiredExtensions: [queueReferenceType],
  }
  return { root: rootBytes, issue, seal, sealingKeys, goneQueues, policy }
}

const der = (certificate: X509Certificate): Uint8Array => new Uint8Array(certificate.rawData)

export type TestClient = By & {
  readonly queue: QueueId
  readonly signatureKeys: { readonly signKey: Uint8Array; readonly publicKey: Uint8Array }
  readonly certificates: Uint8Array[]
}

export const makeClient = async (
  world: World,
  user: UserId = makeId('user', domain, random(16)),
  { notAfter = now + 5 * yearMs }: { readonly notAfter?: number } = {},
): Promise<TestClient> => {
  const client = makeId('client', domain, random(16))
  const signatureKeys = await (await suite()).signature.keygen()
  const certificates = await world.issue(signatureKeys.publicKey, user, client, notAfter)
  return { user, client, queue: makeId('queue', domain, random(16)), signatureKeys, certificates }
}

export type OwnPackage = { readonly publicPackage: KeyPackage; readonly privatePackage: PrivateKeyPackage }

/** Where queue references are sealed: all that making a leaf needs of a server. */
export type Sealer = Pick<World, 'seal'>

export const keyPackageOf = async (
  world: Sealer,
  client: TestClient,
  queue = client.queue,
  extensions: Extension[] = [],
): Promise<OwnPackage> => {
  const seconds = BigInt(Math.floor(now / 1000))
  return generateKeyPackageWithKey(
    { credentialType: 'x509', certificates: client.certificates },
    {
      versions: ['mls10'],
      ciphersuites: [suiteName],
      extensions: [queueReferenceType],
      proposals: [],
      credentials: ['x509'],
    },
    { notBefore: seconds - 3600n, notAfter: seconds + 30n * 24n * 3600n },
    extensions,
    client.signatureKeys,
    await suite(),
    [{ extensionType: queueReferenceType, extensionData: world.seal(queue, client.signatureKeys.publicKey) }],
  )
}

const config: ClientConfig = {
  keyRetentionConfig: { ...defaultKeyRetentionConfig, retainKeysForEpochs: 5 },
  lifetimeConfig: { maximumTotalLifetime: 90n * 24n * 3600n, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  paddingConfig: defaultPaddingConfig,
  authService: { validateCredential: () => Promise.resolve(true) },
}

const requiredCapabilities = (credentialTypes: ('x509' | 'basic')[], extensionTypes: number[]): Extension => ({
  extensionType: 'required_capabilities',
  extensionData: encodeRequiredCapabilities({ extensionTypes, proposalTypes: [], credentialTypes }),
})

export const newGroup = async (
  world: Sealer,
  creator: TestClient,
  group: GroupId,
  extensions: Extension[] = [requiredCapabilities(['x509'], [queueReferenceType])],
): Promise<ClientState> => {
  const { publicPackage, privatePackage } = await keyPackageOf(world, creator)
  return createGroup(groupIdBytes(group), publicPackage, privatePackage, extensions, await suite(), config)
}

/** With external_pub as RFC 9420 has it: ts-mls leaves out its length. */
export const groupInfoOf = async (
  state: ClientState,
  { tree = true }: { readonly tree?: boolean } = {},
): Promise<Uint8Array> => {
  const cs = await suite()
  const external = await cs.hpke.deriveKeyPair(state.keySchedule.externalSecret)
  const key = await cs.hpke.exportPublicKey(external.publicKey)
  const groupInfo = await signGroupInfo(
    {
      groupContext: state.groupContext,
      extensions: [
        { extensionType: 'external_pub', extensionData: Uint8Array.of(key.length, ...key) },
        ...(tree
          ? [{ extensionType: 'ratchet_tree' as const, extensionData: encodeRatchetTree(state.ratchetTree) }]
          : []),
      ],
      confirmationTag: state.confirmationTag,
      signer: state.privatePath.leafIndex,
    },
    state.signaturePrivateKey,
    cs.signature,
  )
  return encode({ version: 'mls10', wireformat: 'mls_group_info', groupInfo })
}

export const treeOf = (state: ClientState): Uint8Array => encodeRatchetTree(state.ratchetTree)

export type Committed = {
  readonly state: ClientState
  readonly commit: Uint8Array
  readonly welcome: Uint8Array | undefined
  readonly groupInfo: Uint8Array
  readonly parsed: PublicMessage
  readonly welcomed: Welcome | undefined
}

export const commitOf = async (state: ClientState, extraProposals: Proposal[] = []): Promise<Committed> => {
  const made = await createCommit(
    { state, cipherSuite: await suite() },
    { wireAsPublicMessage: true, extraProposals, ratchetTreeExtension: false },
  )
  if (made.commit.wireformat !== 'mls_public_message') throw new Error('not a public message')
  return {
    state: made.newState,
    commit: encode(made.commit),
    welcome:
      made.welcome === undefined
        ? undefined
        : encode({ version: 'mls10', wireformat: 'mls_welcome', welcome: made.welcome }),
    groupInfo: await groupInfoOf(made.newState),
    parsed: made.commit.publicMessage,
    welcomed: made.welcome,
  }
}

export const proposalOf = async (
  state: ClientState,
  proposal: Proposal,
): Promise<{ readonly state: ClientState; readonly message: Uint8Array; readonly parsed: PublicMessage }> => {
  const { newState, message } = await createProposal(state, true, proposal, await suite())
  if (message.wireformat !== 'mls_public_message') throw new Error('not a public message')
  return { state: newState, message: encode(message), parsed: message.publicMessage }
}

export const messageOf = async (
  state: ClientState,
  text: string,
): Promise<{ state: ClientState; message: Uint8Array }> => {
  const { newState, privateMessage } = await createApplicationMessage(
    state,
    new TextEncoder().encode(text),
    await suite(),
  )
  return {
    state: newState,
    message: encode({ version: 'mls10', wireformat: 'mls_private_message', privateMessage }),
  }
}

export const received = async (state: ClientState, message: PublicMessage): Promise<ClientState> =>
  (await processPublicMessage(state, message, emptyPskIndex, await suite(), acceptAll)).newState

export const joined = async (welcome: Welcome, own: OwnPackage, inviter: ClientState): Promise<ClientState> =>
  joinGroup(
    welcome,
    own.publicPackage,
    own.privatePackage,
    emptyPskIndex,
    await suite(),
    inviter.ratchetTree,
    undefined,
    config,
  )

/** An external Commit by the client, from the state of a member: a resync when it has a leaf. */
export const externalCommitOf = async (
  world: Sealer,
  client: TestClient,
  member: ClientState,
  { resync, queue = client.queue }: { readonly resync: boolean; readonly queue?: QueueId },
): Promise<Committed> => {
  const cs = await suite()
  const { publicPackage, privatePackage } = await keyPackageOf(world, client, queue)
  const external = await cs.hpke.deriveKeyPair(member.keySchedule.externalSecret)
  const groupInfo = await signGroupInfo(
    {
      groupContext: member.groupContext,
      extensions: [{ extensionType: 'external_pub', extensionData: await cs.hpke.exportPublicKey(external.publicKey) }],
      confirmationTag: member.confirmationTag,
      signer: member.privatePath.leafIndex,
    },
    member.signaturePrivateKey,
    cs.signature,
  )
  const made = await joinGroupExternal(groupInfo, publicPackage, privatePackage, resync, cs, member.ratchetTree, config)
  return {
    state: made.newState,
    commit: encode({ version: 'mls10', wireformat: 'mls_public_message', publicMessage: made.publicMessage }),
    welcome: undefined,
    groupInfo: await groupInfoOf(made.newState),
    parsed: made.publicMessage,
    welcomed: undefined,
  }
}

/** As it is published; a last resort when it says so. */
export const publishable = async (world: Sealer, client: TestClient, lastResort = false): Promise<Uint8Array> => {
  const marks: Extension[] = lastResort ? [{ extensionType: 0x000a, extensionData: new Uint8Array() }] : []
  const { publicPackage } = await keyPackageOf(world, client, client.queue, marks)
  return encode({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: publicPackage })
}

export const add = ({ publicPackage }: OwnPackage): Proposal => ({
  proposalType: 'add',
  add: { keyPackage: publicPackage },
})
export const remove = (leafIndex: number): Proposal => ({ proposalType: 'remove', remove: { removed: leafIndex } })

const encode = (message: MLSMessage): Uint8Array => new Uint8Array(encodeMlsMessage(message))
export const blobOf = (bytes: Uint8Array): { readonly digest: string; readonly size: number } => ({
  digest: createHash('sha256').update(bytes).digest('base64url'),
  size: bytes.length,
})
