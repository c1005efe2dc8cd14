/** Invitations of users: one sentence per rule. */
import {
  issueOwnInvitation,
  revokeOwnInvitation,
  userInvitationsAggregate,
} from '#src/commands/account/userInvitations.js'
import type { UserInvitationsEvent } from '#src/events/userInvitations.js'
import { given, start } from './given.js'
import { user } from './people.js'

const [one, hourMs] = [user(1), 60 * 60 * 1_000]
const hash = (n: number): string => String(n).padEnd(43, 'A')
const issued = (n: number, expires = start + hourMs): UserInvitationsEvent => ({
  type: 'UserInvitationIssued',
  data: { user: one, invitation: hash(n), expires },
})
const revoked = (n: number): UserInvitationsEvent => ({
  type: 'UserInvitationRevoked',
  data: { user: one, invitation: hash(n) },
})
const issue = (n: number, max: number, { at = start, expires = start + hourMs } = {}) =>
  issueOwnInvitation({
    user: one,
    invitation: hash(n),
    expires,
    at,
    limits: { invitationsPerUserMax: max, invitationMsMax: 2 * hourMs },
  })

describe('an invitation of a user', () => {
  it('is made where the operator lets users invite, and as many as that', () => {
    given(userInvitationsAggregate).when(issue(1, 0)).thenRejected({ code: 'not-allowed', capability: 'invite' })
    given(userInvitationsAggregate).when(issue(1, 1)).then(issued(1))
    given(userInvitationsAggregate, [issued(1)])
      .when(issue(2, 1))
      .thenRejected({ code: 'limit-reached', limit: 'invitationsPerUserMax', max: 1 })
    given(userInvitationsAggregate, [issued(1)])
      .when(issue(2, 2))
      .then(issued(2))
  })

  it('counts no more once it was revoked or has expired', () => {
    given(userInvitationsAggregate, [issued(1), revoked(1)])
      .when(issue(2, 1))
      .then(issued(2))
    const later = { at: start + hourMs, expires: start + 2 * hourMs }
    given(userInvitationsAggregate, [issued(1)])
      .when(issue(2, 1, later))
      .then(issued(2, later.expires))
  })

  it('holds for a time that is to come, and no longer than one may', () => {
    given(userInvitationsAggregate)
      .when(issue(1, 1, { expires: start }))
      .thenRejected({ code: 'malformed', detail: 'body.expires: it has passed' })
    given(userInvitationsAggregate)
      .when(issue(1, 1, { expires: start + 2 * hourMs + 1 }))
      .thenRejected({ code: 'limit-reached', limit: 'invitationMsMax', max: 2 * hourMs })
  })

  it('is revoked by whose it is, once', () => {
    given(userInvitationsAggregate, [issued(1)])
      .when(revokeOwnInvitation({ user: one, invitation: hash(1) }))
      .then(revoked(1))
    for (const past of [[], [issued(1), revoked(1)]])
      given(userInvitationsAggregate, past)
        .when(revokeOwnInvitation({ user: one, invitation: hash(1) }))
        .thenRejected({ code: 'no-such-invitation' })
  })
})
