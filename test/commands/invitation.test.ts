/** An invitation: who comes by it, and that nobody else does meanwhile: one sentence per rule. */
import { expect } from 'chai'
import {
  invitationAggregate,
  isOver,
  makeInvitation,
  returnInvitation,
  revokeInvitation,
  takeInvitation,
  takeOverInvitation,
} from '#src/commands/account/invitation.js'
import type { InvitationEvent } from '#src/events/invitation.js'
import { given, start } from './given.js'
import { user } from './people.js'

const key = (letter: string): string => letter.repeat(43)
const run = (letter: string): string => letter.repeat(16)
const expires = start + 1_000
const made: InvitationEvent = { type: 'InvitationMade', data: { by: { token: run('t') }, expires } }
const kept: InvitationEvent = { ...made, data: { ...made.data, handleHash: key('h') } }
const used = (n: number, attempt: string): InvitationEvent => ({
  type: 'InvitationUsed',
  data: { user: user(n), keyHash: key('k'), attempt: run(attempt) },
})
const returned = (n: number, attempt?: string): InvitationEvent => ({
  type: 'InvitationReturned',
  data: { user: user(n), ...(attempt === undefined ? {} : { attempt: run(attempt) }) },
})
const revoked: InvitationEvent = { type: 'InvitationRevoked', data: {} }
const asked = (n: number, attempt: string, more: object = {}) => ({
  user: user(n),
  keyHash: key('k'),
  attempt: run(attempt),
  handleHash: key('h'),
  at: start + 10,
  ...more,
})
const needed = { code: 'invitation-needed' } as const

describe('an invitation', () => {
  it('is made once, and never after it was revoked', () => {
    given(invitationAggregate).when(makeInvitation(made.data)).then(made)
    for (const past of [[made], [made, used(1, 'a')], [revoked], [made, revoked]])
      given(invitationAggregate, past).when(makeInvitation(made.data)).then()
  })

  it('lets in the first who shows it', () => {
    given(invitationAggregate, [made])
      .when(takeInvitation(asked(1, 'a')))
      .then(used(1, 'a'))
    given(invitationAggregate, [made, used(1, 'a')])
      .when(takeInvitation(asked(2, 'b')))
      .thenRejected(needed)
  })

  it('says the same of one that was never made, is revoked, expired, or another’s', () => {
    for (const past of [[], [revoked], [made, revoked], [made, used(2, 'b')], [made, used(1, 'a'), revoked]])
      given(invitationAggregate, past)
        .when(takeInvitation(asked(1, 'c')))
        .thenRejected(needed)
    given(invitationAggregate, [made])
      .when(takeInvitation(asked(1, 'c', { at: expires })))
      .thenRejected(needed)
    given(invitationAggregate, [made])
      .when(takeInvitation(asked(1, 'c', { at: expires - 1 })))
      .then(used(1, 'c'))
  })

  it('stays with the user and key that took it, even when it has expired since', () => {
    given(invitationAggregate, [made, used(1, 'a')])
      .when(takeInvitation(asked(1, 'b', { at: expires })))
      .then(used(1, 'b'))
    given(invitationAggregate, [made, used(1, 'a')])
      .when(takeInvitation(asked(1, 'b', { keyHash: key('x') })))
      .thenRejected(needed)
  })

  it('that keeps a handle is for that one', () => {
    const other = { code: 'not-allowed', capability: 'registerOtherHandle' } as const
    given(invitationAggregate, [kept])
      .when(takeInvitation(asked(1, 'a')))
      .then(used(1, 'a'))
    given(invitationAggregate, [kept])
      .when(takeInvitation(asked(1, 'a', { handleHash: key('x') })))
      .thenRejected(other)
    given(invitationAggregate, [kept, used(2, 'b')])
      .when(takeOverInvitation({ ...asked(1, 'a', { handleHash: key('x') }), from: user(2) }))
      .thenRejected(other)
  })

  it('comes back when its registration is refused, but not while another run of it goes on', () => {
    given(invitationAggregate, [made, used(1, 'a')])
      .when(returnInvitation({ user: user(1), attempt: run('a') }))
      .then(returned(1, 'a'))
    const still = [made, used(1, 'a'), used(1, 'b'), returned(1, 'b')]
    given(invitationAggregate, still)
      .when(takeInvitation(asked(2, 'c')))
      .thenRejected(needed)
    given(invitationAggregate, [...still, returned(1, 'a')])
      .when(takeInvitation(asked(2, 'c')))
      .then(used(2, 'c'))
  })

  it('comes back once for a run, and for nobody else’s', () => {
    given(invitationAggregate, [made, used(1, 'a'), returned(1, 'a'), used(2, 'b')])
      .when(returnInvitation({ user: user(1), attempt: run('a') }))
      .then()
    given(invitationAggregate, [made, used(1, 'a')])
      .when(returnInvitation({ user: user(1), attempt: run('x') }))
      .then()
  })

  it('is taken over from whom it was meant to be taken, while it has not expired', () => {
    const past = [made, used(2, 'b'), used(2, 'c')]
    given(invitationAggregate, past)
      .when(takeOverInvitation({ ...asked(1, 'a'), from: user(2) }))
      .then(returned(2), used(1, 'a'))
    given(invitationAggregate, past)
      .when(takeOverInvitation({ ...asked(1, 'a'), from: user(3) }))
      .thenRejected(needed)
    given(invitationAggregate, past)
      .when(takeOverInvitation({ ...asked(1, 'a', { at: expires }), from: user(2) }))
      .thenRejected(needed)
    expect(given(invitationAggregate, [...past, returned(2), used(1, 'a')]).state).to.include({
      status: 'used',
      user: user(1),
    })
  })

  it('is revoked once, and over when it is or has expired', () => {
    given(invitationAggregate, [made]).when(revokeInvitation()).then(revoked)
    given(invitationAggregate, [revoked]).when(revokeInvitation()).then()
    const over = (past: readonly InvitationEvent[], at: number): boolean =>
      isOver(given(invitationAggregate, past).state, at)
    expect([
      over([], expires),
      over([made], expires - 1),
      over([made], expires),
      over([made, revoked], start),
    ]).to.deep.equal([false, false, true, true])
  })
})
