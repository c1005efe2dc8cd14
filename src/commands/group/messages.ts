/** Whether an application message may enter a group now. The send path: nothing here grows with members or history. */
import type { Franked, Franks } from '../../events/frank.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { equalBytes } from '../../mls/bytes/bytes.js'
import { tagIn } from '../../mls/wire/frankingTag.js'
import { groupIdFromBytes } from '../../mls/wire/ids.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { MlsMessage } from '../../mls/wire/mlsMessage.js'
import { privateMessageHeader } from '../../mls/wire/mlsMessage.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { actingFor, seatOf } from './access.js'
import type { By } from './access.js'
import { wrongEpoch } from './refusals.js'
import type { ActiveGroup, Group } from './fold/state.js'

export type MessageLimits = { readonly epochsPastMax: number }
export type MessageHeader = ReturnType<typeof privateMessageHeader>

/** The header of an application message, or why it is none: handshakes have their own doors. */
export const applicationHeader = (message: MlsMessage): MessageHeader | Rejected => {
  if (message.wireFormat !== 'privateMessage') {
    return reject({ code: 'unsupported-message', reason: 'an application message is a PrivateMessage' })
  }
  const header = privateMessageHeader(message.privateMessage)
  return header.contentType === 'application'
    ? header
    : reject({ code: 'unsupported-message', reason: 'handshakes are PublicMessages' })
}

/** The server's own mark on a message that its sender made reportable; others have none. */
export const frankedAs = (
  { stamp }: Pick<Franks, 'stamp'>,
  { authenticatedData }: Pick<MessageHeader, 'authenticatedData'>,
  sent: Omit<Franked, 'tag'>,
): { readonly frank?: string } => {
  const tag = tagIn(authenticatedData)
  return tag === undefined ? {} : { frank: stamp({ ...sent, tag }) }
}

/**
 * What a sender may say beside its message: the hash of all Commits that led to the message's epoch (RFC 9420 §8.2). Epoch
 * numbers meet again once a server was restored from a backup; that hash tells the two histories apart.
 */
export type Claimed = { readonly confirmedTranscriptHash?: Uint8Array | undefined }

/** Undefined when the message may go in. */
export const refuseMessage = (
  state: Group,
  by: By,
  header: MessageHeader & Claimed,
  { epochsPastMax }: MessageLimits,
): Rejected | undefined => {
  const seat = seatOf(state, by)
  if ('rejected' in seat) return seat
  const { group } = seat
  if (groupIdFromBytes(header.groupId) !== group.group) {
    return reject({ code: 'malformed', detail: 'the message names another group' })
  }
  const { epoch } = group.mls
  if (header.epoch > epoch) return wrongEpoch(group, header.epoch)
  if (header.epoch < epoch - BigInt(epochsPastMax)) {
    return reject({ code: 'epoch-too-old', currentEpoch: String(epoch) })
  }
  return isOfHistory(group, header) ? undefined : wrongEpoch(group, header.epoch)
}

/** The same of a user of another server: the ciphertext hides which leaf it is. */
export const refuseMessageOf = (
  state: Group,
  user: UserId,
  header: MessageHeader,
  limits: MessageLimits,
): Rejected | undefined => {
  const by = actingFor(state, user)
  return 'rejected' in by ? by : refuseMessage(state, by, header, limits)
}

const isOfHistory = (
  { mls, ended }: ActiveGroup,
  { epoch, confirmedTranscriptHash: claimed }: MessageHeader & Claimed,
): boolean => {
  if (claimed === undefined) return true
  if (epoch === mls.epoch) return equalBytes(claimed, mls.confirmedTranscriptHash)
  return ended.some((one) => one.epoch === epoch && one.confirmedTranscriptHash === toBase64url(claimed))
}
