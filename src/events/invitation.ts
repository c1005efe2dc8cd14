/** Facts about one invitation, in `invitation-<SHA-256 of its token>`: who may come by it, and who came. */
import { z } from 'zod'
import { digest, time, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

/** One run of a registration: random. */
const attempt = z.string().regex(/^[A-Za-z0-9_-]{16}$/)

export const invitationShapes = {
  /** `by`: the fingerprint of an operator's token, or a user. `handleHash`: of the handle that is kept for whoever comes by it. */
  InvitationMade: {
    schema: z.object({
      by: z.union([z.object({ token: z.string().regex(/^[A-Za-z0-9_-]{16}$/) }), z.object({ user: userId })]),
      expires: time,
      handleHash: digest.optional(),
    }),
  },
  /** A registration takes it, by user and signature key (SHA-256): each run of it says so again, under a name of its own. */
  InvitationUsed: { schema: z.object({ user: userId, keyHash: digest, attempt }) },
  /** That run was refused; without a run: the user never came, and all its runs are over. */
  InvitationReturned: { schema: z.object({ user: userId, attempt: attempt.optional() }) },
  InvitationRevoked: { schema: z.object({}) },
} as const
export type InvitationEvent = EventOf<typeof invitationShapes>
export const parseInvitationEvent = parserOf(invitationShapes)
/** `hash`: SHA-256 of the invitation's token, base64url. */
export const invitationStream = (hash: string): string => `invitation-${hash}`
