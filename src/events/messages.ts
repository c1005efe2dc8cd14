/** Facts about application messages, in `messages-<group's random id>`: appended, never folded, bounded by retention. */
import { z } from 'zod'
import { localPart } from '../mls/wire/ids.js'
import type { GroupId } from '../mls/wire/ids.js'
import { bytes, epoch, groupId } from './fields.js'
import { parserOf } from './parser.js'
import type { EventOf } from './parser.js'

export const messagesShapes = {
  /** `message` is the MLSMessage (a PrivateMessage). Its sender stands in no fact: the ciphertext hides it, and so do we. */
  MessageAccepted: { schema: z.object({ group: groupId, epoch, message: bytes }) },
} as const
export type MessagesEvent = EventOf<typeof messagesShapes>
export const parseMessagesEvent = parserOf(messagesShapes)
export const messagesStream = (group: GroupId): string => `messages-${localPart(group)}`
