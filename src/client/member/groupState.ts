/** A member's secrets and view of one group: opaque outside this folder, saved and restored as bytes. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { keyPackageLifetimeS } from './leaf.js'
import { type MemberLeaf, memberLeavesOf } from './memberLeaves.js'
import {
  type ClientConfig,
  type ClientState,
  type Credential,
  decodeGroupState,
  encodeGroupState,
  mlsExporter,
  zeroOutUint8Array,
} from './tsMls.js'
import { loadSuite, type Suite, suiteIdOf } from './suite.js'

declare const brand: unique symbol
/** Immutable: each step returns the next one. */
export type GroupState = { readonly [brand]: 'groupState' }
/** A state with its suite, as the wrapper sees it. */
export type Inner = { readonly client: ClientState; readonly suite: Suite }

/** Whether a credential is vouched for and belongs to this signature key. */
export type CredentialCheck = (certificates: readonly Uint8Array[], signatureKey: Uint8Array) => Promise<boolean>

const inners = new WeakMap<GroupState, Inner>()

export const wrap = (inner: Inner): GroupState => {
  const state = Object.freeze({}) as GroupState
  inners.set(state, inner)
  return state
}

export const unwrap = (state: GroupState): Inner => {
  const inner = inners.get(state)
  if (inner === undefined) throw new TypeError('not a group state of this wrapper')
  return inner
}

/**
 * Late messages are still read five epochs back, as the server still takes them; within an epoch up to 10,000 ahead, with the
 * keys of 256 skipped ones kept.
 */
const keyRetention = {
  retainKeysForEpochs: 5,
  maximumForwardRatchetSteps: 10_000,
  retainKeysForGenerations: 256,
}

/** Every credential is checked, for ts-mls would believe any; lifetimes are not, for a member may outlive its KeyPackage. */
export const configOf = (check: CredentialCheck): ClientConfig => ({
  keyRetentionConfig: keyRetention,
  lifetimeConfig: { maximumTotalLifetime: BigInt(keyPackageLifetimeS), validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: {
    compareKeyPackages: (a, b) => equalBytes(a.leafNode.signaturePublicKey, b.leafNode.signaturePublicKey),
    compareKeyPackageToLeafNode: (a, b) => equalBytes(a.leafNode.signaturePublicKey, b.signaturePublicKey),
  },
  paddingConfig: { kind: 'padUntilLength', padUntilLength: 256 },
  authService: {
    validateCredential: async (credential: Credential, signatureKey: Uint8Array) =>
      credential.credentialType === 'x509' && (await check(credential.certificates, signatureKey)),
  },
})

export const encodeState = (state: GroupState): Uint8Array => {
  const { client, suite } = unwrap(state)
  const encoded = encodeGroupState(client)
  const bytes = new Uint8Array(encoded.length + 2)
  new DataView(bytes.buffer).setUint16(0, suiteIdOf(suite))
  bytes.set(encoded, 2)
  return bytes
}

/** Decoded arrays are views on their input, and used secrets are zeroed: so the state is decoded from a copy of its own. */
export const decodeState = async (bytes: Uint8Array, check: CredentialCheck): Promise<GroupState> => {
  const copy = new Uint8Array(bytes)
  const suite = await loadSuite(new DataView(copy.buffer).getUint16(0))
  const decoded = decodeGroupState(copy.subarray(2), 0)
  if (decoded === undefined) throw new TypeError('the saved group state cannot be read')
  return wrap({ client: { ...decoded[0], clientConfig: configOf(check) }, suite })
}

export const epochOf = (state: GroupState): bigint => unwrap(state).client.groupContext.epoch

/** RFC 9420 §8.2: of all the Commits that led here, so that epochs of one number in two histories are told apart. */
export const confirmedTranscriptHashOf = (state: GroupState): Uint8Array =>
  unwrap(state).client.groupContext.confirmedTranscriptHash

export const ownLeafOf = (state: GroupState): number => unwrap(state).client.privatePath.leafIndex

/** When the own leaf's lifetime ends, in ms; undefined for one that a Commit made, which has none (RFC 9420 §7.2). */
export const ownLeafEndOf = (state: GroupState): number | undefined => {
  const { ratchetTree, privatePath } = unwrap(state).client
  const node = ratchetTree[2 * privatePath.leafIndex]
  if (node?.nodeType !== 'leaf' || node.leaf.leafNodeSource !== 'key_package') return undefined
  const seconds = node.leaf.lifetime.notAfter
  return seconds > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(seconds) * 1000
}

/** False once a Commit has removed this client. */
export const isMember = (state: GroupState): boolean => unwrap(state).client.groupActiveState.kind === 'active'

export const membersOf = (state: GroupState): readonly MemberLeaf[] => memberLeavesOf(unwrap(state).client.ratchetTree)

/** RFC 9420 §8.5. */
export const exportFrom = (
  state: GroupState,
  label: string,
  context: Uint8Array,
  length: number,
): Promise<Uint8Array> => {
  const { client, suite } = unwrap(state)
  return mlsExporter(client.keySchedule.exporterSecret, label, context, length, suite)
}

/** Overwrites used secrets: only once the state that needs them is given up for good. */
export const forget = (consumed: readonly Uint8Array[]): void => {
  for (const secret of consumed) zeroOutUint8Array(secret)
}
