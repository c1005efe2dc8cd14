/** Whether an application message may enter a group now. The send path: nothing here grows with members or history. */
import { groupIdFromBytes } from '../../mls/wire/ids.js'
import type { MlsMessage } from '../../mls/wire/mlsMessage.js'
import { privateMessageHeader } from '../../mls/wire/mlsMessage.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { seatOf } from './access.js'
import type { By } from './access.js'
import { wrongEpoch } from './refusals.js'
import type { Group } from './state.js'

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

/** Undefined when the message may go in. */
export const refuseMessage = (
  state: Group,
  by: By,
  header: MessageHeader,
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
  return undefined
}
