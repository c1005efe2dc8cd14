/** Others' application messages (RFC 9420 §6.3), with their sender and authenticated data, which ts-mls keeps to itself. */
import { type GroupState, unwrap, wrap } from './groupState.js'
import { decodeMessage } from './messageCodec.js'
import { type MemberLeaf, memberLeavesOf } from './memberLeaves.js'
import { type ClientState, decryptSenderData, type PrivateMessage, unprotectPrivateMessage } from './tsMls.js'

export type Decrypted =
  | {
      readonly type: 'message'
      readonly next: GroupState
      readonly sender: MemberLeaf
      readonly plaintext: Uint8Array
      readonly authenticatedData: Uint8Array
      readonly consumed: readonly Uint8Array[]
    }
  /** Sent by this client: its keys are used up, so it cannot be read and need not be. */
  | { readonly type: 'own' }
  | { readonly type: 'unreadable'; readonly detail: string }

export const decrypt = async (state: GroupState, bytes: Uint8Array): Promise<Decrypted> => {
  const message = decodeMessage(bytes, 'mls_private_message')?.privateMessage
  if (message?.contentType !== 'application') return { type: 'unreadable', detail: 'not an application message' }
  const epoch = epochData(unwrap(state).client, message.epoch)
  if (epoch === undefined) return { type: 'unreadable', detail: `no keys for epoch ${String(message.epoch)}` }
  try {
    return await open(state, message, epoch)
  } catch (error) {
    return { type: 'unreadable', detail: error instanceof Error ? error.message : String(error) }
  }
}

type EpochData = Pick<ClientState, 'secretTree' | 'ratchetTree' | 'groupContext'> & {
  readonly senderDataSecret: Uint8Array
}

const epochData = (client: ClientState, epoch: bigint): EpochData | undefined =>
  epoch === client.groupContext.epoch
    ? { ...client, senderDataSecret: client.keySchedule.senderDataSecret }
    : client.historicalReceiverData.get(epoch)

const open = async (state: GroupState, message: PrivateMessage, epoch: EpochData): Promise<Decrypted> => {
  const { client, suite } = unwrap(state)
  const header = await decryptSenderData(message, epoch.senderDataSecret, suite)
  if (header?.leafIndex === client.privatePath.leafIndex) return { type: 'own' }
  const { content, tree, consumed } = await unprotectPrivateMessage(
    epoch.senderDataSecret,
    message,
    epoch.secretTree,
    epoch.ratchetTree,
    epoch.groupContext,
    client.clientConfig.keyRetentionConfig,
    suite,
  )
  const { sender: from, authenticatedData } = content.content
  const leafIndex = from.senderType === 'member' ? from.leafIndex : undefined
  const sender = memberLeavesOf(epoch.ratchetTree).find((leaf) => leaf.leafIndex === leafIndex)
  if (sender === undefined || content.content.contentType !== 'application')
    return { type: 'unreadable', detail: 'not an application message of a member' }
  const next = wrap({ client: withSecretTree(client, message.epoch, tree), suite })
  const plaintext = content.content.applicationData
  return { type: 'message', next, sender, plaintext, authenticatedData, consumed }
}

const withSecretTree = (client: ClientState, epoch: bigint, secretTree: ClientState['secretTree']): ClientState => {
  if (epoch === client.groupContext.epoch) return { ...client, secretTree }
  const historicalReceiverData = new Map(client.historicalReceiverData)
  const data = historicalReceiverData.get(epoch)
  if (data !== undefined) historicalReceiverData.set(epoch, { ...data, secretTree })
  return { ...client, historicalReceiverData }
}
