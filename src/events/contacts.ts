/** Facts about who asked a user for contact and what it answered, in `contacts-<user's random id>`. */
import { z } from 'zod'
import { localPart } from '../mls/wire/ids.js'
import type { UserId } from '../mls/wire/ids.js'
import { bytes, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

const request = z.object({ user: userId, from: userId, request: z.string() })

export const contactsShapes = {
  /** `ciphertext` is opaque to the server; it lands in the direct queues of all the user's clients. */
  ConnectionRequested: { schema: request.extend({ ciphertext: bytes }) },
  ConnectionAccepted: { schema: request.extend({ ciphertext: bytes.optional() }) },
  ConnectionRejected: { schema: request },
  UserBlocked: { schema: z.object({ user: userId, blocked: userId }) },
  UserUnblocked: { schema: z.object({ user: userId, blocked: userId }) },
} as const
export type ContactsEvent = EventOf<typeof contactsShapes>
export const parseContactsEvent = parserOf(contactsShapes)
export const contactsStream = (user: UserId): string => `contacts-${localPart(user)}`
