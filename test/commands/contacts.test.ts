import { expect } from 'chai'
import {
  acceptConnection,
  areContacts,
  blockUser,
  contactsAggregate,
  rejectConnection,
  requestConnection,
  unblockUser,
} from '#src/commands/contacts/contacts.js'
import type { RequestConnection } from '#src/commands/contacts/contacts.js'
import type { ContactsEvent } from '#src/events/contacts.js'
import { given } from './given.js'
import { user } from './people.js'

/** User n asks user 1; the request is called like its asker. */
const asking = (n: number, more: Partial<RequestConnection> = {}): RequestConnection => ({
  user: user(1),
  from: user(n),
  request: `request${n}`,
  ciphertext: 'AAAA',
  pendingMax: 2,
  ...more,
})
const facts = (n: number) => ({ user: user(1), from: user(n), request: `request${n}` })
const asked = (n: number): ContactsEvent => ({
  type: 'ConnectionRequested',
  data: { ...facts(n), ciphertext: 'AAAA' },
})
const accepted = (n: number): ContactsEvent => ({ type: 'ConnectionAccepted', data: facts(n) })
const rejected = (n: number): ContactsEvent => ({ type: 'ConnectionRejected', data: facts(n) })
const blocked = (n: number): ContactsEvent => ({ type: 'UserBlocked', data: { user: user(1), blocked: user(n) } })
const unblocked = (n: number): ContactsEvent => ({ type: 'UserUnblocked', data: { user: user(1), blocked: user(n) } })

describe('a connection request', () => {
  const ask = (past: readonly ContactsEvent[], command = asking(2)) =>
    given(contactsAggregate, past).when(requestConnection(command))

  it('is recorded once while it waits, again after it was rejected, and not after it was accepted', () => {
    ask([]).then(asked(2))
    ask([asked(2)]).thenRejected({ code: 'already-exists', what: 'request' })
    ask([asked(2), rejected(2)]).then(asked(2))
    ask([asked(2), accepted(2)]).thenRejected({ code: 'already-exists', what: 'contact' })
  })

  it('of a blocked user looks as if nobody were there, until it is unblocked', () => {
    ask([blocked(2)]).thenRejected({ code: 'no-such-user' })
    ask([asked(2), accepted(2), blocked(2)]).thenRejected({ code: 'no-such-user' })
    ask([blocked(2), unblocked(2)]).then(asked(2))
  })

  it('to oneself, or one more than may wait, is refused', () => {
    ask([], asking(1)).thenRejected({ code: 'not-allowed', capability: 'requestSelf' })
    ask([asked(2)], asking(3)).then(asked(3))
    ask([asked(2), asked(3)], asking(4)).thenRejected({
      code: 'limit-reached',
      limit: 'connectionRequestsPendingMax',
      max: 2,
    })
  })

  it('is answered once, with words or without', () => {
    const answer = { user: user(1), request: 'request2' }
    const past = given(contactsAggregate, [asked(2)])
    past.when(acceptConnection(answer)).then(accepted(2))
    past
      .when(acceptConnection({ ...answer, ciphertext: 'BBBB' }))
      .then({ type: 'ConnectionAccepted', data: { ...facts(2), ciphertext: 'BBBB' } })
    past.when(rejectConnection(answer)).then(rejected(2))
    for (const over of [[], [asked(2), accepted(2)], [asked(2), rejected(2)], [asked(2), blocked(2)]]) {
      const none = { code: 'no-such-request' } as const
      given(contactsAggregate, over).when(acceptConnection(answer)).thenRejected(none)
      given(contactsAggregate, over).when(rejectConnection(answer)).thenRejected(none)
    }
  })

  it('makes contacts of both once it is accepted', () => {
    const { state } = given(contactsAggregate, [asked(2), accepted(2)])
    const one = { user: user(1), contacts: state }
    const two = { user: user(2), contacts: contactsAggregate.initial }
    expect(areContacts(one, two)).to.equal(true)
    expect(areContacts(two, one)).to.equal(true)
    expect(areContacts({ ...one, contacts: contactsAggregate.initial }, two)).to.equal(false)
  })
})

describe('a block', () => {
  const block = (past: readonly ContactsEvent[], n = 2) =>
    given(contactsAggregate, past).when(blockUser({ user: user(1), blocked: user(n), blockedMax: 2 }))

  it('is recorded once, never on oneself, and not beyond the limit', () => {
    block([]).then(blocked(2))
    block([blocked(2)]).then()
    block([], 1).thenRejected({ code: 'not-allowed', capability: 'blockSelf' })
    block([blocked(3), blocked(4)]).thenRejected({ code: 'limit-reached', limit: 'usersBlockedMax', max: 2 })
  })

  it('is lifted where there is one', () => {
    const lift = { user: user(1), blocked: user(2) }
    given(contactsAggregate, [blocked(2)])
      .when(unblockUser(lift))
      .then(unblocked(2))
    given(contactsAggregate).when(unblockUser(lift)).then()
  })
})
