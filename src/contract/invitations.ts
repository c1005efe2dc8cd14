/** Invitations as the documents have them: what is shown to register, and what operators see of those they made. */
import { z } from 'zod'
import { registrationMode } from '../events/operators.js'
import { described, named, placed, timeOut } from './fields.js'
import { pageField, whyField } from './operators.js'

/** 128 random bits. */
export const invitationField = named(z.string().regex(/^hs_in_[A-Za-z0-9_-]{21}[AQgw]$/, 'not an invitation'), {
  title: 'Invitation',
  description: 'What lets one registration in: a secret until then',
  example: 'hs_in_l5mhwAhZ4KfsDVEXXD6rLg',
})

/** As we write it. */
export const invitationHash = named(
  z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'not the SHA-256 of an invitation'),
  {
    title: 'InvitationHash',
    description: 'The SHA-256 of an invitation, as unpadded base64url: what it is called where it is not to be shown',
    example: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  },
)

export const registrationField = named(registrationMode, {
  title: 'RegistrationMode',
  description: 'Who may register: anyone, nobody, or whoever was invited',
  example: 'invitation',
})

export const registrationAnswer = z
  .object({ registration: registrationField })
  .meta({ title: 'RegistrationNow', description: 'Who may register now' })

const expires = timeOut.describe('Until when it lets somebody in, by the server’s clock, ms since 1970')

export const invitationAnswer = z
  .object({
    invitation: invitationField.optional().describe('Shown this once: who asks for the same again is not told it'),
    hash: invitationHash,
    expires,
    ...placed,
  })
  .meta({ title: 'InvitationMade', description: 'A new invitation' })

const invitationStatus = described(
  z.enum(['open', 'used', 'expired', 'revoked']),
  'Whether it lets somebody in',
  'open',
)

const invitationShown = z
  .object({
    hash: invitationHash,
    act: described(z.number().int(), 'The number of the act', 17),
    made: timeOut.describe('When it was made, by the server’s clock, ms since 1970'),
    expires,
    by: described(z.string(), 'The fingerprint of the token that made it', 'n4bQgYhMfWWaL-qg'),
    why: whyField,
    status: invitationStatus,
    keepsHandle: described(z.boolean(), 'Whether a handle is kept for who comes by it', false),
  })
  .meta({ title: 'InvitationKept', description: 'An invitation, by all that is kept of it' })
export type InvitationShown = z.infer<typeof invitationShown>

export const invitationsAnswer = z.object({
  invitations: z.array(invitationShown).describe('The newest first'),
  next: pageField.optional().describe('The `before` of the next page, where there is one'),
})

const ownInvitationShown = z
  .object({
    hash: invitationHash,
    made: timeOut.describe('When it was made, by the server’s clock, ms since 1970'),
    expires,
    status: invitationStatus,
  })
  .meta({ title: 'OwnInvitation', description: 'An invitation of yours, by all that is kept of it' })
export type OwnInvitationShown = z.infer<typeof ownInvitationShown>

export const ownInvitationsAnswer = z.object({
  invitations: z.array(ownInvitationShown).describe('The newest first'),
  next: invitationHash.optional().describe('The `before` of the next page, where there is one'),
})
