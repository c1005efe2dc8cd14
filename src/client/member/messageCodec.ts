/** MLSMessages to bytes and back, to the last byte: ts-mls itself would take what follows after the end. */
import { decodeMlsMessage, encodeMlsMessage, type MLSMessage } from './tsMls.js'

export type Wireformat = MLSMessage['wireformat']
export type MessageOf<W extends Wireformat> = Extract<MLSMessage, { readonly wireformat: W }>

export const encodeMessage = (message: MLSMessage): Uint8Array => encodeMlsMessage(message)

/** The message, decoded from a copy; undefined when it is malformed or of another wire format. */
export const decodeMessage = <W extends Wireformat>(bytes: Uint8Array, wireformat: W): MessageOf<W> | undefined => {
  try {
    const decoded = decodeMlsMessage(new Uint8Array(bytes), 0)
    if (decoded?.[1] !== bytes.length || decoded[0].wireformat !== wireformat) return undefined
    return decoded[0] as MessageOf<W>
  } catch {
    return undefined
  }
}

/** The epoch that a PublicMessage or PrivateMessage belongs to. */
export const epochOfMessage = (bytes: Uint8Array): bigint | undefined =>
  decodeMessage(bytes, 'mls_private_message')?.privateMessage.epoch ??
  decodeMessage(bytes, 'mls_public_message')?.publicMessage.content.epoch

export const encodeGroupInfoMessage = (groupInfo: MessageOf<'mls_group_info'>['groupInfo']): Uint8Array =>
  encodeMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo })
