/** Whom a user invited: as many at a time as the operator allows, counted in one stream, so exactly. */
import { parseUserInvitationsEvent, userInvitationsShapes } from '../../events/userInvitations.js'
import type { UserInvitationsEvent } from '../../events/userInvitations.js'
import type { Limits } from '../../limits/limits.js'
import type { UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import { refuseExpiry } from './invitation.js'

/** `made`, `expires`: ms. */
export type OwnInvitation = { readonly invitation: string; readonly made: number; readonly expires: number }

/** Those that were not revoked, oldest first; they may have expired, or have let somebody in. */
export type UserInvitations = { readonly invitations: readonly OwnInvitation[] }

export type IssueOwn = {
  readonly user: UserId
  /** SHA-256 of its token, base64url. */
  readonly invitation: string
  /** ms. */
  readonly expires: number
  /** ms. */
  readonly at: number
  readonly limits: Pick<Limits, 'invitationsPerUserMax' | 'invitationMsMax'>
}

export const issueOwnInvitation: Decider<IssueOwn, UserInvitations, UserInvitationsEvent> =
  ({ user, invitation, expires, at, limits }) =>
  ({ invitations }) => {
    const { invitationsPerUserMax: max, invitationMsMax } = limits
    if (max === 0) return reject({ code: 'not-allowed', capability: 'invite' })
    const refused = refuseExpiry(expires, at, invitationMsMax)
    if (refused !== undefined) return refused
    if (invitations.filter((one) => one.expires > at).length >= max)
      return reject({ code: 'limit-reached', limit: 'invitationsPerUserMax', max })
    return accept({ type: 'UserInvitationIssued', data: { user, invitation, expires } })
  }

export type RevokeOwn = { readonly user: UserId; readonly invitation: string }

export const revokeOwnInvitation: Decider<RevokeOwn, UserInvitations, UserInvitationsEvent> =
  ({ user, invitation }) =>
  ({ invitations }) =>
    invitations.some((one) => one.invitation === invitation)
      ? accept({ type: 'UserInvitationRevoked', data: { user, invitation } })
      : reject({ code: 'no-such-invitation' })

export const userInvitationsAggregate: Aggregate<UserInvitations, UserInvitationsEvent> = {
  name: 'invitations',
  initial: { invitations: [] },
  shapes: userInvitationsShapes,
  parse: parseUserInvitationsEvent,
  evolve: ({ invitations }, event, { at }) => {
    const { invitation } = event.data
    switch (event.type) {
      case 'UserInvitationIssued':
        // What has expired is forgotten with the next one that is made.
        return {
          invitations: [
            ...invitations.filter(({ expires }) => expires > at),
            { invitation, made: at, expires: event.data.expires },
          ],
        }
      case 'UserInvitationRevoked':
        return { invitations: invitations.filter((one) => one.invitation !== invitation) }
    }
  },
  weigh: ({ invitations }) => 200 + 120 * invitations.length,
}
