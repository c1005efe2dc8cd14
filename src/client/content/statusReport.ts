/** What became of messages at whoever reports it: draft-mahy-mimi-message-status-01, in a part of its media type. */
import { decodeCbor, encodeCbor } from './cbor.js'
import { arrayIn, messageIdIn, uintIn } from './fields.js'
import { Malformed } from './malformed.js'
import { bytesOfMessageId, type MessageId } from './messageId.js'

export const statusMediaType = 'application/mimi-message-status'

export const statuses = ['unread', 'delivered', 'read', 'expired', 'deleted', 'hidden', 'error'] as const
export type MessageStatus = (typeof statuses)[number]
export type StatusReport = { readonly message: MessageId; readonly status: MessageStatus }

const statusMax = 255

export const encodeReport = (reports: readonly StatusReport[]): Uint8Array =>
  encodeCbor(reports.map(({ message, status }) => [bytesOfMessageId(message), statuses.indexOf(status)]))

/** Throws Malformed. A status that this version does not know is passed over. */
export const decodeReport = (bytes: Uint8Array): readonly StatusReport[] =>
  arrayIn(decodeCbor(bytes), 'report').flatMap((entry) => {
    const [message, status, ...rest] = arrayIn(entry, 'report')
    if (rest.length > 0) throw new Malformed('report: expected [message, status]')
    const known = statuses[uintIn(status, statusMax, 'status')]
    const id = messageIdIn(message, 'report')
    return known === undefined ? [] : [{ message: id, status: known }]
  })
