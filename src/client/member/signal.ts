/** Signals, sealed and opened (docs/wire.md, Signals): under a key of their sender in this epoch, and no generation of anybody's. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { signContent } from '../../mls/crypto/labels.js'
import {
  type DecodedSignal,
  encodeSealedSignal,
  encodeSignal,
  encodeSignalContext,
  encodeSignalSender,
  type SealedSignal,
} from '../../mls/wire/signal.js'
import { exportFrom, type GroupState, unwrap } from './groupState.js'
import { type MemberLeaf, memberLeavesOf } from './memberLeaves.js'

/** Of the exporter (RFC 9420 §8.5), whose context is the sender's leaf index, and of the signature (§5.1.2). */
const label = 'mls-homeserver signal 1'

/** `nonce`: 12 bytes, random and new each time. The state stays what it is. */
export const sealSignal = async (state: GroupState, plaintext: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> => {
  const { client, suite } = unwrap(state)
  const { groupId, epoch } = client.groupContext
  const { leafIndex } = client.privatePath
  const context = { groupId, epoch, leafIndex }
  const key = await keyOf(state, leafIndex)
  const ciphertext = await suite.hpke.encryptAead(key, nonce, encodeSignalContext(context), plaintext)
  const sealed: SealedSignal = { ...context, nonce, ciphertext }
  const signed = signContent(label, encodeSealedSignal(sealed))
  return encodeSignal({ ...sealed, signature: await suite.signature.sign(client.signaturePrivateKey, signed) })
}

export type OpenedSignal = { readonly sender: MemberLeaf; readonly plaintext: Uint8Array }

/** Undefined for what is of another epoch than the state's, of nobody there or of oneself, or not what its leaf signed. */
export const openSignal = async (state: GroupState, signal: DecodedSignal): Promise<OpenedSignal | undefined> => {
  const { client, suite } = unwrap(state)
  const { groupContext, ratchetTree, privatePath } = client
  if (signal.epoch !== groupContext.epoch || !equalBytes(signal.groupId, groupContext.groupId)) return undefined
  if (signal.leafIndex === privatePath.leafIndex) return undefined
  const sender = memberLeavesOf(ratchetTree).find(({ leafIndex }) => leafIndex === signal.leafIndex)
  if (sender === undefined) return undefined
  const signed = signContent(label, signal.signed)
  if (!(await suite.signature.verify(sender.signatureKey, signed, signal.signature))) return undefined
  try {
    const key = await keyOf(state, signal.leafIndex)
    const plaintext = await suite.hpke.decryptAead(key, signal.nonce, encodeSignalContext(signal), signal.ciphertext)
    return { sender, plaintext }
  } catch {
    return undefined
  }
}

const keyOf = (state: GroupState, leafIndex: number): Promise<Uint8Array> =>
  exportFrom(state, label, encodeSignalSender(leafIndex), unwrap(state).suite.hpke.keyLength)
