/**
 * The bodies of draft-ietf-mimi-protocol-06 as docs/federation.md reads it, written a second time: hex in, hex out, for the vectors.
 * It has no code from src, so that where the two say the same, both have read the page.
 */

type Hex = string

const number = (value: bigint | number, bytes: number): Hex =>
  BigInt(value)
    .toString(16)
    .padStart(2 * bytes, '0')
export const uint8 = (value: number): Hex => number(value, 1)
const uint16 = (value: number): Hex => number(value, 2)
const uint32 = (value: number): Hex => number(value, 4)
export const uint64 = (value: number | string): Hex => number(BigInt(value), 8)

/** `opaque<V>`, and what is in any other vector (RFC 9420 §2.1.2). */
export const vector = (content: Hex): Hex => {
  const length = content.length / 2
  if (length < 64) return number(length, 1) + content
  if (length < 16384) return number(length | 0x4000, 2) + content
  return number(0x80000000 + length, 4) + content
}
const vectorOf = <T>(all: readonly T[], encode: (one: T) => Hex): Hex => vector(all.map(encode).join(''))
export const string = (text: string): Hex => vector(Buffer.from(text, 'utf8').toString('hex'))
const optional = <T>(value: T | undefined, encode: (value: T) => Hex): Hex =>
  value === undefined ? '00' : `01${encode(value)}`
const as = (value: Hex): Hex => value
/** The place of a name in an enum. */
const code = (names: readonly string[], name: string): Hex => {
  const at = names.indexOf(name)
  if (at < 0) throw new RangeError(`no ${name}`)
  return uint8(at)
}

const mls10 = '01'

export type Credential = { type: 'x509'; certificates: readonly Hex[] } | { type: 'basic'; identity: Hex }
const credential = (value: Credential): Hex =>
  value.type === 'x509' ? `0002${vectorOf(value.certificates, vector)}` : `0001${vector(value.identity)}`

const types = (all: readonly number[]): Hex => vectorOf(all, uint16)
type Required = { extensions: number[]; proposals: number[]; credentials: number[] }
type Capabilities = { versions: number[]; cipherSuites: number[] } & Required
const requiredCapabilities = ({ extensions, proposals, credentials }: Required): Hex =>
  types(extensions) + types(proposals) + types(credentials)
const capabilities = (value: Capabilities): Hex =>
  types(value.versions) + types(value.cipherSuites) + requiredCapabilities(value)

type Component = { componentId: number; data: Hex }
const dictionary = (components: readonly Component[]): Hex =>
  vectorOf(components, ({ componentId, data }) => uint16(componentId) + vector(data))

type Frank = { serverFrank: Hex; cipherSuite: number; signature: Hex }
const frank = (value: Frank): Hex => value.serverFrank + uint16(value.cipherSuite) + vector(value.signature)

const whole = (bytes: Hex): Hex => `01${bytes}`

type KeyMaterialAsked = {
  requestingUser: string
  targetUser: string
  roomId: string
  cipherSuites: number[]
  requiredCapabilities: Required
  signatureKey: Hex
  credential: Credential
}
export const keyMaterialRequestTBS = (value: KeyMaterialAsked): Hex =>
  mls10 +
  string(value.requestingUser) +
  string(value.targetUser) +
  string(value.roomId) +
  types(value.cipherSuites) +
  requiredCapabilities(value.requiredCapabilities) +
  vector(value.signatureKey) +
  credential(value.credential)
export const keyMaterialRequest = (value: KeyMaterialAsked & { signature: Hex }): Hex =>
  keyMaterialRequestTBS(value) + vector(value.signature)

const userCodes = ['success', 'partialSuccess', 'incompatibleProtocol', 'noCompatibleMaterial', 'userUnknown']
userCodes.push('noConsent', 'noConsentForThisRoom', 'userDeleted')
const clientCodes = ['success', 'keyMaterialExhausted', 'nothingCompatible']
type ClientKeyMaterial = { status: string; clientUri: string; keyPackage?: Hex; capabilities?: Capabilities }
const clientKeyMaterial = (value: ClientKeyMaterial): Hex =>
  code(clientCodes, value.status) +
  string(value.clientUri) +
  (value.keyPackage ?? '') +
  (value.status === 'nothingCompatible' ? optional(value.capabilities, capabilities) : '')
export const keyMaterialResponse = (value: {
  userStatus: string
  userUri: string
  clients: readonly ClientKeyMaterial[]
}): Hex =>
  mls10 + code(userCodes, value.userStatus) + string(value.userUri) + vectorOf(value.clients, clientKeyMaterial)

type UpdateRequest = {
  commit?: Hex
  welcome?: Hex
  groupInfo?: Hex
  ratchetTree?: Hex
  proposal?: Hex
  moreProposals?: readonly Hex[]
}
export const updateRequest = (value: UpdateRequest): Hex =>
  value.commit === undefined
    ? (value.proposal ?? '') + vectorOf(value.moreProposals ?? [], as)
    : value.commit + optional(value.welcome, as) + whole(value.groupInfo ?? '') + whole(value.ratchetTree ?? '')

type UpdateResponse = {
  code: string
  errorDescription: string
  acceptedTimestamp?: number
  currentEpoch?: string
  invalidProposals?: readonly Hex[]
}
export const updateResponse = (value: UpdateResponse): Hex =>
  code(['success', 'wrongEpoch', 'notAllowed', 'invalidProposal'], value.code) +
  string(value.errorDescription) +
  (value.acceptedTimestamp === undefined ? '' : uint64(value.acceptedTimestamp)) +
  (value.currentEpoch === undefined ? '' : uint64(value.currentEpoch)) +
  (value.invalidProposals === undefined ? '' : vectorOf(value.invalidProposals, vector))

export const submitMessageRequest = (value: { appMessage: Hex; sendingUri: string }): Hex =>
  mls10 + value.appMessage + string(value.sendingUri)

type SubmitMessageResponse = { code: string; acceptedTimestamp?: number; frank?: Frank; currentEpoch?: string }
export const submitMessageResponse = (value: SubmitMessageResponse): Hex =>
  mls10 +
  code(['accepted', 'notAllowed', 'epochTooOld'], value.code) +
  (value.acceptedTimestamp === undefined ? '' : uint64(value.acceptedTimestamp) + optional(value.frank, frank)) +
  (value.currentEpoch === undefined ? '' : uint64(value.currentEpoch))

type FanoutMessage = {
  type: string
  timestamp: number
  message: Hex
  frank?: Frank
  ratchetTree?: Hex
  moreProposals?: readonly Hex[]
  externalProposals?: readonly Hex[]
}
const fanoutMessage = (value: FanoutMessage): Hex =>
  uint64(value.timestamp) +
  value.message +
  (value.type === 'application' ? optional(value.frank, frank) : '') +
  (value.ratchetTree === undefined ? '' : whole(value.ratchetTree)) +
  (value.moreProposals === undefined ? '' : vectorOf(value.moreProposals, as)) +
  (value.externalProposals === undefined ? '' : vectorOf(value.externalProposals, as))
export const fanoutMessages = (all: readonly FanoutMessage[]): Hex => all.map(fanoutMessage).join('')

type GroupInfoAsked = {
  cipherSuite: number
  signatureKey: Hex
  credential: Credential
  groupInfoPublicKey: Hex
  joiningCode?: Hex
}
export const groupInfoRequestTBS = (value: GroupInfoAsked): Hex =>
  mls10 +
  uint16(value.cipherSuite) +
  vector(value.signatureKey) +
  credential(value.credential) +
  vector(value.groupInfoPublicKey) +
  optional(value.joiningCode, vector)
export const groupInfoRequest = (value: GroupInfoAsked & { signature: Hex }): Hex =>
  groupInfoRequestTBS(value) + vector(value.signature)

type GroupState = {
  groupInfo: Hex
  ratchetTree: Hex
  pendingProposals: readonly { proposal: Hex; acceptedTime: number }[]
}
export const groupState = (value: GroupState): Hex =>
  value.groupInfo +
  whole(value.ratchetTree) +
  vectorOf(value.pendingProposals, ({ proposal, acceptedTime }) => proposal + uint64(acceptedTime))

type GroupInfoGiven = {
  roomId: Hex
  cipherSuite: number
  hubSender: { signatureKey: Hex; credential: Credential }
  encryptedGroupState: { kemOutput: Hex; ciphertext: Hex }
}
const groupInfoCodes = ['reserved', 'success', 'notAuthorized', 'noSuchRoom']
export const groupInfoResponseTBS = (value: GroupInfoGiven): Hex =>
  mls10 +
  vector(value.roomId) +
  code(groupInfoCodes, 'success') +
  uint16(value.cipherSuite) +
  vector(value.hubSender.signatureKey) +
  credential(value.hubSender.credential) +
  vector(value.encryptedGroupState.kemOutput) +
  vector(value.encryptedGroupState.ciphertext)
type GroupInfoResponse = { code: string; roomId: Hex } | (GroupInfoGiven & { code: 'success'; signature: Hex })
export const groupInfoResponse = (value: GroupInfoResponse): Hex =>
  'signature' in value
    ? groupInfoResponseTBS(value) + vector(value.signature)
    : mls10 + vector(value.roomId) + code(groupInfoCodes, value.code)

type ConsentEntry = {
  operation: string
  requesterUri: string
  targetUri: string
  roomId?: string
  keyPackages?: readonly Hex[]
  extensions: readonly Component[]
}
export const consentEntry = (value: ConsentEntry): Hex =>
  code(['cancel', 'request', 'grant', 'revoke'], value.operation) +
  string(value.requesterUri) +
  string(value.targetUri) +
  optional(value.roomId, string) +
  (value.keyPackages === undefined ? '' : vectorOf(value.keyPackages, as)) +
  dictionary(value.extensions)

const searches = ['reserved', 'handle', 'nick', 'email', 'phone', 'partialName', 'wholeProfile', 'oidcStdClaim']
searches.push('vcardField')
type QueryElement = { type: string; field?: string; value: string }
export const identifierRequest = (value: {
  elements: readonly QueryElement[]
  extensions: readonly Component[]
}): Hex =>
  vectorOf(
    value.elements,
    (one) => code(searches, one.type) + (one.field === undefined ? '' : string(one.field)) + string(one.value),
  ) + dictionary(value.extensions)

type Found = { stableUri: string; fields: readonly { source: string; name: string; value: Hex }[] }
type IdentifierResponse = {
  code: string
  uris: readonly string[]
  foundProfiles: readonly Found[]
  extensions: readonly Component[]
}
export const identifierResponse = (value: IdentifierResponse): Hex =>
  code(['success', 'notFound', 'ambiguous', 'forbidden', 'unsupportedField'], value.code) +
  vectorOf(value.uris, string) +
  vectorOf(
    value.foundProfiles,
    ({ stableUri, fields }) =>
      string(stableUri) + vectorOf(fields, (one) => code(searches, one.source) + string(one.name) + vector(one.value)),
  ) +
  dictionary(value.extensions)

type AbuseReport = {
  reportingUser: string
  allegedAbuserUri: string
  reasonCode: number
  note: string
  messages: readonly { content: Hex; frank: Frank; acceptedTimestamp: number }[]
  extensions: readonly Component[]
}
export const abuseReport = (value: AbuseReport): Hex =>
  string(value.reportingUser) +
  string(value.allegedAbuserUri) +
  uint8(value.reasonCode) +
  string(value.note) +
  vectorOf(value.messages, (one) => vector(one.content) + frank(one.frank) + uint64(one.acceptedTimestamp)) +
  dictionary(value.extensions)

const urgencies = ['normal', 'urgent', 'silent']
type MessageItem = { message: FanoutMessage; targets: readonly number[]; urgency: string }
export const messageItem = (value: MessageItem): Hex =>
  fanoutMessage(value.message) + vectorOf(value.targets, uint32) + code(urgencies, value.urgency)
export const proposalItem = fanoutMessage
export const commitItem = (value: { commit: FanoutMessage; welcome?: Hex; groupInfo: Hex }): Hex =>
  fanoutMessage(value.commit) + optional(value.welcome, as) + whole(value.groupInfo)
type JoinItem = { timestamp: number; state: GroupState; welcome?: Hex; facts: Hex; profile?: Hex }
export const joinItem = (value: JoinItem): Hex =>
  uint64(value.timestamp) +
  groupState(value.state) +
  optional(value.welcome, as) +
  vector(value.facts) +
  optional(value.profile, vector)
export const noticeItem = (value: { timestamp: number; fact: Hex; bytes?: Hex }): Hex =>
  uint64(value.timestamp) + vector(value.fact) + optional(value.bytes, vector)
export const gapItem = ({ count }: { count: number }): Hex => uint32(count)

const kinds = ['reserved', 'join', 'commit', 'proposal', 'message', 'notice', 'gap']
type SequencedItem = { kind: string; events: readonly string[]; content: Hex }
export const sequencedItems = (all: readonly SequencedItem[]): Hex =>
  all.map(({ kind, events, content }) => code(kinds, kind) + vectorOf(events, string) + vector(content)).join('')

export const signals = (all: readonly Hex[]): Hex => all.map(vector).join('')
export const assetPieceRequest = (value: { capability: Hex; from: number; length: number }): Hex =>
  vector(value.capability) + uint64(value.from) + uint32(value.length)
export const assetPiece = (value: { size: number; digest: Hex; bytes: Hex }): Hex =>
  uint64(value.size) + vector(value.digest) + vector(value.bytes)
