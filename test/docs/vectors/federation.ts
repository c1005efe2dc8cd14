/** Vectors of the bodies between servers, written by the second encoder: every struct, in every form it has. */
import { x25519 } from '@noble/curves/ed25519.js'
import { seal } from '#src/client/crypto/seal.js'
import * as draft from './draftEncoder.js'
import type { groupVectors } from './groupLife.js'
import { fromHex, toHex, utf8 } from './hex.js'
import type { keyPackageVectors } from './keyPackages.js'
import { revocationVectors } from './revocations.js'
import { now, seededBytes, withSeed } from './seededRandom.js'
import { type Signer, signerOf } from './signers.js'
import type { Town } from './town.js'

type Made = {
  readonly group: Awaited<ReturnType<typeof groupVectors>>
  readonly keyPackages: Awaited<ReturnType<typeof keyPackageVectors>>
}
type Hex = string

export type BodyVector = {
  readonly name: string
  /** Of docs/federation.md. */
  readonly struct: string
  /** What the bytes say: bytes in hex, uint64 as decimal strings but for times. */
  readonly value: unknown
  readonly bytes: Hex
  /** What its signature covers, with the label that is the name of the struct and TBS. */
  readonly signed?: Hex
}

export const federationVectors = async (town: Town, made: Made) => {
  const objects = objectsOf(town, made)
  return {
    description:
      'Bodies between servers (docs/federation.md), as draft-ietf-mimi-protocol-06 and its extensions there have them. Bytes in hex. `value`: what they say. `signed`: what the signature covers. `refused`: bodies that nobody takes, and why. `revocations`: signed pages, with the text that is signed, and pages that nobody believes.',
    draft: 'draft-ietf-mimi-protocol-06',
    hub: { signaturePrivateKey: toHex(objects.hub.privateKey), signatureKey: toHex(objects.hub.publicKey) },
    joiner: { privateKey: toHex(joinerKey), publicKey: joinerPublicKey },
    bodies: [
      ...keyMaterial(objects),
      ...updates(objects),
      ...messages(objects),
      ...fanouts(objects),
      ...(await groupInfos(objects)),
      ...consents(objects),
      ...queries(objects),
      ...reports(objects),
      ...items(objects),
      ...signalsAndAssets(),
    ] satisfies readonly BodyVector[],
    refused: refusedBodies(objects),
    revocations: revocationVectors(town),
  }
}

type Objects = ReturnType<typeof objectsOf>

/** Structs in bodies stand without the header of an MLSMessage. */
const bare = (message: Hex): Hex => message.slice(8)

const objectsOf = ({ alice, bob, domain }: Town, { group, keyPackages }: Made) => {
  const step = (n: number): Readonly<Record<string, Hex>> => group.steps[n] as unknown as Readonly<Record<string, Hex>>
  const tree = (n: number): Hex => (group.steps[n] as unknown as { state: { ratchetTree: Hex } }).state.ratchetTree
  const hub = signerOf('federation key', 'Ed25519')
  return {
    alice,
    bob,
    domain,
    group: group.group,
    hub,
    signatureKey: toHex(alice.keys.Ed25519.signer.publicKey),
    credential: { type: 'x509' as const, certificates: alice.keys.Ed25519.certificates.map(toHex) },
    keyPackage: bare(keyPackages.keyPackages[0]?.message ?? ''),
    ref: keyPackages.keyPackages[0]?.ref ?? '',
    bobsRef: group.members[1]?.ref ?? '',
    commit: step(1)['commit'] ?? '',
    welcome: bare(step(1)['welcome'] ?? ''),
    groupInfo: bare(step(1)['groupInfo'] ?? ''),
    ratchetTree: tree(1),
    message: step(2)['message'] ?? '',
    update: step(4)['commit'] ?? '',
    updatedGroupInfo: bare(step(4)['groupInfo'] ?? ''),
    updatedTree: tree(4),
    proposal: step(6)['proposal'] ?? '',
    proposalRef: step(6)['ref'] ?? '',
    welcomeMessage: step(1)['welcome'] ?? '',
    createdGroupInfo: step(0)['groupInfo'] ?? '',
  }
}

const signedBy = ({ sign }: Signer, label: string, content: Hex): Hex => {
  const covered = draft.string(`MLS 1.0 ${label}`) + draft.vector(content)
  return toHex(sign(fromHex(covered)))
}

const accepted = now + 1_234
const frank = { serverFrank: toHex(seededBytes('frank', 32)), cipherSuite: 1, signature: toHex(seededBytes('f', 64)) }
const components = [
  { componentId: 0x8001, data: '' },
  { componentId: 0x8002, data: toHex(utf8('a component')) },
]
const event = '0d4e6f3a-1c52-5b7a-9c1d-2e8f4a6b7c91'

const keyMaterial = ({ alice, bob, group, signatureKey, credential, keyPackage }: Objects): BodyVector[] => {
  const asked: Parameters<typeof draft.keyMaterialRequestTBS>[0] = {
    requestingUser: alice.user,
    targetUser: bob.user,
    roomId: group,
    cipherSuites: [1, 2],
    requiredCapabilities: { extensions: [0xf0c1], proposals: [], credentials: [2] },
    signatureKey,
    credential,
  }
  const capabilities = { versions: [1], cipherSuites: [2], extensions: [0xf0c1], proposals: [], credentials: [1, 2] }
  const request = (name: string, value: typeof asked): BodyVector => {
    const signed = draft.keyMaterialRequestTBS(value)
    const whole = { ...value, signature: signedBy(alice.keys.Ed25519.signer, 'KeyMaterialRequestTBS', signed) }
    return { name, struct: 'KeyMaterialRequest', value: whole, bytes: draft.keyMaterialRequest(whole), signed }
  }
  const response = (name: string, value: Parameters<typeof draft.keyMaterialResponse>[0]): BodyVector => ({
    name,
    struct: 'KeyMaterialResponse',
    value,
    bytes: draft.keyMaterialResponse(value),
  })
  const userUri = bob.user
  const clients = [
    { clientUri: bob.client, status: 'success', keyPackage },
    { clientUri: alice.client, status: 'keyMaterialExhausted' },
    { clientUri: bob.client, status: 'nothingCompatible', capabilities },
    { clientUri: bob.client, status: 'nothingCompatible' },
  ]
  return [
    request('keyMaterialRequest', asked),
    request('keyMaterialRequest-for-no-room', { ...asked, roomId: '' }),
    response('keyMaterialResponse', { userStatus: 'partialSuccess', userUri, clients }),
    ...['success', 'incompatibleProtocol', 'noCompatibleMaterial', 'userUnknown', 'noConsent'].map((userStatus) =>
      response(`keyMaterialResponse-${userStatus}`, { userStatus, userUri, clients: [] }),
    ),
    ...['noConsentForThisRoom', 'userDeleted'].map((userStatus) =>
      response(`keyMaterialResponse-${userStatus}`, { userStatus, userUri, clients: [] }),
    ),
  ]
}

const updates = (objects: Objects): BodyVector[] => {
  const { commit, welcome, groupInfo, ratchetTree, update, updatedGroupInfo, updatedTree, proposal } = objects
  const request = (name: string, value: Parameters<typeof draft.updateRequest>[0]): BodyVector => ({
    name,
    struct: 'UpdateRequest',
    value: { type: value.commit === undefined ? 'proposal' : 'commit', ...value },
    bytes: draft.updateRequest(value),
  })
  const response = (name: string, value: Parameters<typeof draft.updateResponse>[0]): BodyVector => ({
    name,
    struct: 'UpdateRoomResponse',
    value,
    bytes: draft.updateResponse(value),
  })
  return [
    request('updateRequest-commit-with-welcome', { commit, welcome, groupInfo, ratchetTree }),
    request('updateRequest-commit', { commit: update, groupInfo: updatedGroupInfo, ratchetTree: updatedTree }),
    request('updateRequest-proposal', { proposal, moreProposals: [] }),
    request('updateRequest-proposals', { proposal, moreProposals: [proposal] }),
    response('updateRoomResponse-success', { code: 'success', errorDescription: '', acceptedTimestamp: accepted }),
    response('updateRoomResponse-wrongEpoch', { code: 'wrongEpoch', errorDescription: 'too late', currentEpoch: '7' }),
    response('updateRoomResponse-notAllowed', { code: 'notAllowed', errorDescription: 'né' }),
    response('updateRoomResponse-invalidProposal', {
      code: 'invalidProposal',
      errorDescription: '',
      invalidProposals: [objects.proposalRef],
    }),
  ]
}

const messages = ({ message, alice }: Objects): BodyVector[] => {
  const request = { appMessage: message, sendingUri: alice.user }
  const response = (name: string, value: Parameters<typeof draft.submitMessageResponse>[0]): BodyVector => ({
    name,
    struct: 'SubmitMessageResponse',
    value,
    bytes: draft.submitMessageResponse(value),
  })
  return [
    {
      name: 'submitMessageRequest',
      struct: 'SubmitMessageRequest',
      value: request,
      bytes: draft.submitMessageRequest(request),
    },
    response('submitMessageResponse-accepted', { code: 'accepted', acceptedTimestamp: accepted }),
    response('submitMessageResponse-with-frank', { code: 'accepted', acceptedTimestamp: accepted, frank }),
    response('submitMessageResponse-notAllowed', { code: 'notAllowed' }),
    response('submitMessageResponse-epochTooOld', { code: 'epochTooOld', currentEpoch: '18446744073709551615' }),
  ]
}

const fanouts = ({ message, welcomeMessage, ratchetTree, proposal, commit }: Objects): BodyVector[] => {
  const fanout = (name: string, ...value: Parameters<typeof draft.fanoutMessages>[0]): BodyVector => ({
    name,
    struct: 'FanoutMessages',
    value,
    bytes: draft.fanoutMessages(value),
  })
  const timestamp = accepted
  const application = { type: 'application', timestamp, message }
  return [
    fanout('fanout-application', application),
    fanout('fanout-with-frank', { ...application, frank }),
    fanout('fanout-welcome', { type: 'welcome', timestamp, message: welcomeMessage, ratchetTree }),
    fanout('fanout-proposal', { type: 'proposal', timestamp, message: proposal, moreProposals: [proposal] }),
    fanout('fanout-commit', { type: 'commit', timestamp, message: commit, externalProposals: [] }),
    fanout('fanout-two', { type: 'commit', timestamp, message: commit, externalProposals: [proposal] }, application),
  ]
}

const joinerKey = seededBytes('joiner', 32)
const joinerPublicKey = toHex(x25519.getPublicKey(joinerKey))
/** EncryptContext (RFC 9420 §5.1.3): the label, and the room. */
const sealingInfo = (room: string): string =>
  Buffer.from(draft.string('MLS 1.0 GroupInfo and ratchet_tree encryption') + draft.string(room), 'hex').toString()

const groupInfos = async (objects: Objects): Promise<BodyVector[]> => {
  const { alice, domain, group, hub, signatureKey, credential, groupInfo, ratchetTree, proposal } = objects
  const asked = { cipherSuite: 1, signatureKey, credential, groupInfoPublicKey: joinerPublicKey }
  const request = (name: string, value: Parameters<typeof draft.groupInfoRequestTBS>[0]): BodyVector => {
    const signed = draft.groupInfoRequestTBS(value)
    const whole = { ...value, signature: signedBy(alice.keys.Ed25519.signer, 'GroupInfoRequestTBS', signed) }
    return { name, struct: 'GroupInfoRequest', value: whole, bytes: draft.groupInfoRequest(whole), signed }
  }
  const state = { groupInfo, ratchetTree, pendingProposals: [{ proposal, acceptedTime: accepted }] }
  const plaintext = draft.groupState(state)
  const { enc, ciphertext } = await withSeed('group info', () =>
    seal({
      publicKey: fromHex(joinerPublicKey),
      info: sealingInfo(group),
      aad: new Uint8Array(),
      plaintext: fromHex(plaintext),
    }),
  )
  const roomId = toHex(utf8(group))
  const given = {
    roomId,
    cipherSuite: 1,
    hubSender: {
      signatureKey: toHex(hub.publicKey),
      credential: { type: 'basic' as const, identity: toHex(utf8(domain)) },
    },
    encryptedGroupState: { kemOutput: toHex(enc), ciphertext: toHex(ciphertext) },
  }
  const signed = draft.groupInfoResponseTBS(given)
  const response = { code: 'success' as const, ...given, signature: signedBy(hub, 'GroupInfoResponseTBS', signed) }
  const refusal = (code: 'notAuthorized' | 'noSuchRoom'): BodyVector => ({
    name: `groupInfoResponse-${code}`,
    struct: 'GroupInfoResponse',
    value: { code, roomId },
    bytes: draft.groupInfoResponse({ code, roomId }),
  })
  return [
    request('groupInfoRequest', asked),
    request('groupInfoRequest-with-code', { ...asked, joiningCode: toHex(utf8('let me in')) }),
    { name: 'groupInfoRatchetTreeTBE', struct: 'GroupInfoRatchetTreeTBE', value: state, bytes: plaintext },
    {
      name: 'groupInfoResponse',
      struct: 'GroupInfoResponse',
      value: response,
      bytes: draft.groupInfoResponse(response),
      signed,
    },
    refusal('notAuthorized'),
    refusal('noSuchRoom'),
  ]
}

const consents = ({ alice, bob, group, keyPackage }: Objects): BodyVector[] => {
  const entry = (name: string, value: Omit<Parameters<typeof draft.consentEntry>[0], 'requesterUri' | 'targetUri'>) => {
    const whole = { requesterUri: alice.user, targetUri: bob.user, ...value }
    return { name, struct: 'ConsentEntry', value: whole, bytes: draft.consentEntry(whole) }
  }
  return [
    entry('consent-request', { operation: 'request', extensions: components }),
    entry('consent-request-for-a-room', { operation: 'request', roomId: group, extensions: [] }),
    entry('consent-cancel', { operation: 'cancel', extensions: [] }),
    entry('consent-grant', { operation: 'grant', keyPackages: [keyPackage], extensions: [] }),
    entry('consent-grant-for-a-room', { operation: 'grant', roomId: group, keyPackages: [], extensions: [] }),
    entry('consent-revoke', { operation: 'revoke', extensions: [] }),
  ]
}

const queries = ({ alice, bob }: Objects): BodyVector[] => {
  const request = (name: string, value: Parameters<typeof draft.identifierRequest>[0]): BodyVector => ({
    name,
    struct: 'IdentifierRequest',
    value,
    bytes: draft.identifierRequest(value),
  })
  const response = (name: string, value: Parameters<typeof draft.identifierResponse>[0]): BodyVector => ({
    name,
    struct: 'IdentifierResponse',
    value,
    bytes: draft.identifierResponse(value),
  })
  const fields = [
    { source: 'oidcStdClaim', name: 'given_name', value: toHex(utf8('Alice')) },
    { source: 'vcardField', name: 'ORG', value: toHex(utf8('Example')) },
  ]
  const plain = ['nick', 'email', 'phone', 'partialName', 'wholeProfile'].map((type) => ({ type, value: 'alice' }))
  const nothing = { uris: [], foundProfiles: [], extensions: [] }
  return [
    request('identifierRequest', { elements: [{ type: 'handle', value: 'alice' }], extensions: [] }),
    request('identifierRequest-of-every-type', {
      elements: [
        ...plain,
        { type: 'oidcStdClaim', field: 'given_name', value: 'Alice' },
        { type: 'vcardField', field: 'ORG', value: 'Example' },
      ],
      extensions: components,
    }),
    response('identifierResponse', {
      code: 'success',
      uris: [alice.user, bob.user],
      foundProfiles: [{ stableUri: alice.user, fields }],
      extensions: components,
    }),
    ...['notFound', 'ambiguous', 'forbidden', 'unsupportedField'].map((code) =>
      response(`identifierResponse-${code}`, { code, ...nothing }),
    ),
  ]
}

const reports = ({ alice, bob }: Objects): BodyVector[] => {
  const report = (name: string, value: Parameters<typeof draft.abuseReport>[0]): BodyVector => ({
    name,
    struct: 'AbuseReport',
    value,
    bytes: draft.abuseReport(value),
  })
  const message = { content: toHex(utf8('content')), frank, acceptedTimestamp: accepted }
  return [
    report('abuseReport', {
      reportingUser: alice.user,
      allegedAbuserUri: bob.user,
      reasonCode: 0,
      note: 'This was not kind',
      messages: [message],
      extensions: [],
    }),
    report('abuseReport-of-nobody', {
      reportingUser: '',
      allegedAbuserUri: bob.user,
      reasonCode: 0,
      note: '',
      messages: [],
      extensions: components,
    }),
  ]
}

/** Extensions: each content by itself, and all of them in one request. */
const items = (objects: Objects): BodyVector[] => {
  const { alice, bob, group, message, proposal, commit, welcome, groupInfo, ratchetTree, bobsRef } = objects
  const timestamp = accepted
  const base64url = (hex: Hex): string => Buffer.from(hex, 'hex').toString('base64url')
  const json = (value: unknown): Hex => toHex(utf8(JSON.stringify(value)))
  const facts = {
    added: [{ keyPackageRef: base64url(bobsRef), leaf: 1 }],
    profile: { version: 1 },
    required: [{ leaves: [0], reason: 'userDeleted' }],
    roles: [
      { role: 'admin', user: alice.user },
      { role: 'member', user: bob.user },
    ],
    settings: { retentionMs: 2_592_000_000 },
  }
  const state = { groupInfo, ratchetTree, pendingProposals: [] }
  const profile = toHex(utf8('a sealed profile'))
  const ofMessage = { message: { type: 'application', timestamp, message }, targets: [], urgency: 'normal' }
  const forSome = { ...ofMessage, targets: [0, 1], urgency: 'silent' }
  const urgent = { ...ofMessage, urgency: 'urgent' }
  const ofProposal = { type: 'proposal', timestamp, message: proposal, moreProposals: [] }
  const ofCommit = { commit: { type: 'commit', timestamp, message: commit, externalProposals: [] }, welcome, groupInfo }
  const join = { timestamp, state, welcome, facts: json(facts), profile }
  const role = { data: { group, reason: 'requested', role: 'admin', user: bob.user }, type: 'RoleChanged' }
  const digest = base64url('00'.repeat(32))
  const changed = { data: { by: alice.user, group, profile: { digest, size: 16 }, version: 2 }, type: 'ProfileChanged' }
  const notice = { timestamp, fact: json(role) }
  const noticeOfProfile = { timestamp, fact: json(changed), bytes: profile }
  const gap = { count: 3 }
  const contents: readonly (BodyVector & { readonly kind: string })[] = [
    { name: 'item-join', struct: 'JoinItem', value: join, bytes: draft.joinItem(join), kind: 'join' },
    {
      name: 'item-message',
      struct: 'MessageItem',
      value: ofMessage,
      bytes: draft.messageItem(ofMessage),
      kind: 'message',
    },
    {
      name: 'item-message-for-some',
      struct: 'MessageItem',
      value: forSome,
      bytes: draft.messageItem(forSome),
      kind: 'message',
    },
    {
      name: 'item-message-urgent',
      struct: 'MessageItem',
      value: urgent,
      bytes: draft.messageItem(urgent),
      kind: 'message',
    },
    {
      name: 'item-proposal',
      struct: 'ProposalItem',
      value: ofProposal,
      bytes: draft.proposalItem(ofProposal),
      kind: 'proposal',
    },
    { name: 'item-commit', struct: 'CommitItem', value: ofCommit, bytes: draft.commitItem(ofCommit), kind: 'commit' },
    { name: 'item-notice', struct: 'NoticeItem', value: notice, bytes: draft.noticeItem(notice), kind: 'notice' },
    {
      name: 'item-notice-of-a-profile',
      struct: 'NoticeItem',
      value: noticeOfProfile,
      bytes: draft.noticeItem(noticeOfProfile),
      kind: 'notice',
    },
    { name: 'item-gap', struct: 'GapItem', value: gap, bytes: draft.gapItem(gap), kind: 'gap' },
  ]
  const sent = contents.map(({ kind, bytes }) => ({ kind, events: kind === 'gap' ? [] : [event], content: bytes }))
  return [
    ...contents.map(({ kind: _, ...vector }) => vector),
    { name: 'items', struct: 'SequencedItems', value: sent, bytes: draft.sequencedItems(sent) },
  ]
}

const signalsAndAssets = (): BodyVector[] => {
  const signals = [toHex(seededBytes('signal', 70)), toHex(seededBytes('another signal', 61))]
  const request = { capability: toHex(seededBytes('capability', 32)), from: 65_564, length: 1_048_576 }
  const piece = { size: 65_566, digest: toHex(seededBytes('an asset', 32)), bytes: toHex(seededBytes('its end', 2)) }
  const nothing = { ...piece, bytes: '' }
  return [
    { name: 'signals', struct: 'Signals', value: signals, bytes: draft.signals(signals) },
    { name: 'assetPieceRequest', struct: 'AssetPieceRequest', value: request, bytes: draft.assetPieceRequest(request) },
    { name: 'assetPiece', struct: 'AssetPiece', value: piece, bytes: draft.assetPiece(piece) },
    { name: 'assetPiece-nothing', struct: 'AssetPiece', value: nothing, bytes: draft.assetPiece(nothing) },
  ]
}

export type RefusedVector = {
  readonly wrong: string
  readonly struct: string
  readonly bytes: Hex
  /** The code and the reason. */
  readonly refusal: string
}

/** One for each thing that is refused by its name, and for what no reader should let pass. */
const refusedBodies = (objects: Objects): readonly RefusedVector[] => {
  const { commit, welcome, groupInfo, ratchetTree, proposal, message, alice, bob, keyPackage } = objects
  const update = draft.updateRequest({ commit, welcome, groupInfo, ratchetTree })
  const head = `${commit}01${welcome}`
  const query = (dictionary: Hex): Hex => draft.vector('') + draft.vector(dictionary)
  const submit = draft.submitMessageRequest({ appMessage: message, sendingUri: alice.user })
  const time = draft.uint64(accepted)
  const semiPrivate = `00010006${proposal.slice(8)}`
  // Version and format, group, epoch, sender, no data, content type: then the type of the proposal (RFC 9420 §6).
  const typeAt = 2 * (4 + 1 + objects.group.length + 8 + 5 + 1 + 1)
  const appSync = `${proposal.slice(0, typeAt)}0008${proposal.slice(typeAt + 4)}`
  const consent = draft.consentEntry({
    operation: 'request',
    requesterUri: alice.user,
    targetUri: bob.user,
    extensions: [],
  })
  const refused = (wrong: string, struct: string, bytes: Hex, refusal: string): RefusedVector => ({
    wrong,
    struct,
    bytes,
    refusal,
  })
  return [
    refused(
      'no urgency',
      'MessageItem',
      draft
        .messageItem({ message: { type: 'application', timestamp: accepted, message }, targets: [], urgency: 'normal' })
        .slice(0, -2) + '03',
      'malformed urgency',
    ),
    refused('more than a piece', 'AssetPieceRequest', `00${draft.uint64(0)}00100001`, 'too-large length'),
    refused('no digest', 'AssetPiece', `${draft.uint64(1)}0000`, 'malformed digest'),
    refused('a place beyond numbers', 'AssetPiece', `${draft.uint64('9007199254740992')}0000`, 'malformed place'),
    refused('a signal too long', 'Signals', draft.signals(['00'.repeat(16_385)]), 'too-large signal'),
    refused('too many signals', 'Signals', draft.signals(Array<string>(101).fill('')), 'too-large signals'),
    refused('no signals', 'Signals', '', 'malformed truncated'),
    refused('a byte too many', 'UpdateRequest', `${update}00`, 'malformed trailingBytes'),
    refused('a byte too few', 'UpdateRequest', update.slice(0, -2), 'malformed truncated'),
    refused('a SemiPrivateMessage', 'UpdateRequest', semiPrivate, 'unsupported-message semiPrivateMessage'),
    refused('a SemiPrivateMessage', 'FanoutMessages', time + semiPrivate, 'unsupported-message semiPrivateMessage'),
    refused('an AppSync proposal', 'UpdateRequest', appSync, 'unsupported-message appSync'),
    refused('a partial GroupInfo', 'UpdateRequest', `${head}0200`, 'unsupported-message partialGroupInfo'),
    refused('no kind of GroupInfo', 'UpdateRequest', `${head}0300`, 'malformed groupInfoRepresentation'),
    refused('a tree by URI', 'UpdateRequest', `${head}01${groupInfo}02`, 'unsupported-message ratchetTreeByUri'),
    refused(
      'a tree out of band',
      'UpdateRequest',
      `${head}01${groupInfo}03`,
      'unsupported-message ratchetTreeOutOfBand',
    ),
    refused(
      'a tree that the hub is to know',
      'UpdateRequest',
      `${head}01${groupInfo}04`,
      'unsupported-message ratchetTreeByDistributionService',
    ),
    refused('no kind of tree', 'UpdateRequest', `${head}01${groupInfo}05`, 'malformed ratchetTreeRepresentation'),
    refused('an application message as a handshake', 'UpdateRequest', `${message}00`, 'unsupported-message handshake'),
    refused(
      'a Commit among proposals',
      'UpdateRequest',
      proposal + draft.vector(commit),
      'unsupported-message proposal',
    ),
    refused(
      'a Commit as an application message',
      'SubmitMessageRequest',
      `01${commit}00`,
      'unsupported-message application',
    ),
    refused('another protocol', 'SubmitMessageRequest', `02${submit.slice(2)}`, 'unsupported-message protocol'),
    refused('a URI that is no UTF-8', 'SubmitMessageRequest', `01${message}01ff`, 'malformed uri'),
    refused('a long URI', 'SubmitMessageRequest', `01${message}${draft.string('x'.repeat(1025))}`, 'too-large uri'),
    refused('a length longer than need be', 'SubmitMessageRequest', `01${message}400161`, 'malformed nonMinimalLength'),
    refused('no code', 'SubmitMessageResponse', '0103', 'malformed submitResponseCode'),
    refused('a presence that is none', 'SubmitMessageResponse', `0100${time}02`, 'malformed presence'),
    refused('a time beyond numbers', 'SubmitMessageResponse', '01000020000000000000', 'malformed timestamp'),
    refused('a GroupInfo to all', 'FanoutMessages', time + objects.createdGroupInfo, 'unsupported-message fanout'),
    refused('no message at all', 'FanoutMessages', '', 'malformed truncated'),
    refused('components out of order', 'IdentifierRequest', query('800200800100'), 'malformed componentOrder'),
    refused('a component twice', 'IdentifierRequest', query('800100800100'), 'malformed componentOrder'),
    refused('no suite', 'KeyMaterialRequest', '0100000000', 'malformed cipherSuites'),
    refused(
      'clients of a user that is not known',
      'KeyMaterialResponse',
      `0104${draft.string(bob.user)}${draft.vector(`00${draft.string(bob.client)}${keyPackage}`)}`,
      'malformed clients',
    ),
    refused('no operation', 'ConsentEntry', `04${consent.slice(2)}`, 'malformed consentOperation'),
    refused('no kind of item', 'SequencedItems', '07000100', 'malformed itemKind'),
    refused('a gap of nothing', 'GapItem', '00000000', 'malformed gapCount'),
    refused(
      'a Commit as a message',
      'MessageItem',
      draft.fanoutMessages([{ type: 'commit', timestamp: accepted, message: commit, externalProposals: [] }]),
      'malformed itemKind',
    ),
  ]
}
