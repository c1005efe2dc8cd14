/** Facts about who asked a user for contact and what it answered, in `contacts-<user's random id>`. */
import { z } from 'zod'
import type { UserId } from '../mls/wire/ids.js'
import { bytes, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

const request = z.object({ user: userId, from: userId, request: z.string() })

/** What is told to the server of another user: that a user of ours asks, accepts, rejects, or is gone. */
const contactWord = z.enum(['request', 'accept', 'reject', 'end'])
export type ContactWord = z.infer<typeof contactWord>

export const contactsShapes = {
  /** `ciphertext` is opaque to the server; it lands in the direct queues of all the user's clients. */
  ConnectionRequested: { schema: request.extend({ ciphertext: bytes }) },
  ConnectionAccepted: { schema: request.extend({ ciphertext: bytes.optional() }) },
  ConnectionRejected: { schema: request },
  /** `from`, whose stream it is, asks a user of another server. */
  ContactSought: { schema: request.extend({ ciphertext: bytes }) },
  /** That user accepted: in the stream of `from`, as the next one. */
  ContactGranted: { schema: request.extend({ ciphertext: bytes.optional() }) },
  /** A user of another server wants, or has, contact with `user` no more. `request`: what `user` had asked it, which is rejected by that. */
  ContactEnded: { schema: z.object({ user: userId, by: userId, request: z.string().optional() }) },
  /**
   * What became of a word of `user` to the server of `other`; `request`: the one it is about. Refused: that server takes no such; lapsed: it was
   * away for too long.
   */
  ContactTold: {
    schema: z.object({
      user: userId,
      other: userId,
      word: contactWord,
      request: z.string(),
      outcome: z.enum(['told', 'refused', 'lapsed']),
    }),
  },
  UserBlocked: { schema: z.object({ user: userId, blocked: userId }) },
  UserUnblocked: { schema: z.object({ user: userId, blocked: userId }) },
} as const
export type ContactsEvent = EventOf<typeof contactsShapes>
export const parseContactsEvent = parserOf(contactsShapes)
export const contactsStream = (user: UserId): string => streamOf('contacts', user)
