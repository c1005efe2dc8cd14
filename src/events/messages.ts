/** Facts about application messages, in `messages-<group's random id>`: appended, never folded, bounded by retention. */
import { z } from 'zod'
import { parseGroupId } from '../mls/wire/ids.js'
import type { GroupId } from '../mls/wire/ids.js'
import { bytes, domainName, epoch, groupId, leafIndex } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { homeMark, streamOf } from './form/streamName.js'

const category = 'messages'

/** How soon those who are away are to be told: at once, in time (absent), or not at all. */
export const urgencies = ['urgent', 'normal', 'silent'] as const
export type Urgency = (typeof urgencies)[number]
const urgency = z.enum(['urgent', 'silent'])

/** What the fact says of it: nothing where it is normal. */
export const urgencyKept = (urgency: Urgency | undefined): { readonly urgency?: 'urgent' | 'silent' } =>
  urgency === undefined || urgency === 'normal' ? {} : { urgency }

export const messagesShapes = {
  /** `message` is the MLSMessage (a PrivateMessage). Its sender stands in no fact: the ciphertext hides it, and so do we. */
  MessageAccepted: {
    schema: z.object({
      group: groupId,
      epoch,
      message: bytes,
      urgency: urgency.optional(),
      /** Leaves at the message's epoch: nobody else is shown it. Absent: everybody is. */
      targets: z.array(leafIndex).min(1).optional(),
      /** Of those the other servers that somebody at one of them is of; absent: every one that follows is sent it. */
      servers: z.array(domainName).optional(),
      /** Of a message with a tag beside it: by whom it was sent, for who has the key (frank.ts). */
      frank: bytes.optional(),
    }),
  },
} as const
export type MessagesEvent = EventOf<typeof messagesShapes>
export const parseMessagesEvent = parserOf(messagesShapes)
export const messagesStream = (group: GroupId): string => streamOf(category, group)
/** The group whose messages stand in a stream of the log of a domain; undefined where other facts do. */
export const groupOfMessages = (stream: string, ours: string): GroupId | undefined => {
  const [random = '', domain = ours] = stream.slice(category.length + 1).split(homeMark)
  return stream.startsWith(`${category}-`) ? parseGroupId(`mimi://${domain}/g/${random}`) : undefined
}
/** In a log, beside another stream of the group's there. */
export const messagesBeside = (stream: string): string => category + stream.slice(stream.indexOf('-'))
