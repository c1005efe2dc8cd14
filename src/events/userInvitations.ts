/** Facts about whom a user invited, in `invitations-<user's random id>`: by hashes alone, and never who came. */
import { z } from 'zod'
import type { UserId } from '../mls/wire/ids.js'
import { digest, time, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

export const userInvitationsShapes = {
  /** Written before the invitation is made (events/invitation.ts): the user's quota is counted here. `invitation`: SHA-256 of its token. */
  UserInvitationIssued: { schema: z.object({ user: userId, invitation: digest, expires: time }) },
  UserInvitationRevoked: { schema: z.object({ user: userId, invitation: digest }) },
} as const
export type UserInvitationsEvent = EventOf<typeof userInvitationsShapes>
export const parseUserInvitationsEvent = parserOf(userInvitationsShapes)
export const userInvitationsStream = (user: UserId): string => streamOf('invitations', user)
