import { expect } from 'chai'
import { acceptConnection, contactsAggregate, requestConnection } from '#src/commands/contacts/contacts.js'
import { endContact, grantContact, seekContact } from '#src/commands/contacts/elsewhere.js'
import type { SeekContact } from '#src/commands/contacts/elsewhere.js'
import type { ContactsEvent } from '#src/events/contacts.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import type { UserId } from '#src/mls/wire/ids.js'
import { given } from './given.js'
import { user } from './people.js'

const b = parseDomain('b.example')!
const bea = (n: number): UserId => makeId('user', b, new Uint8Array(16).fill(n))

/** User 1 asks user n of another server; the request is called like whom it is for. */
const seeking = (n: number, more: Partial<SeekContact> = {}): SeekContact => ({
  user: bea(n),
  from: user(1),
  request: `request${n}`,
  ciphertext: 'AAAA',
  at: 0,
  pendingMax: 2,
  afreshMs: 1_000,
  ...more,
})
const facts = (n: number) => ({ user: bea(n), from: user(1), request: `request${n}` })
const sought = (n: number): ContactsEvent => ({ type: 'ContactSought', data: { ...facts(n), ciphertext: 'AAAA' } })
const granted = (n: number): ContactsEvent => ({ type: 'ContactGranted', data: facts(n) })
const ended = (n: number, request?: string): ContactsEvent => ({
  type: 'ContactEnded',
  data: { user: user(1), by: bea(n), ...(request === undefined ? {} : { request }) },
})
const told = (n: number, outcome: 'told' | 'refused' | 'lapsed'): ContactsEvent => ({
  type: 'ContactTold',
  data: { user: user(1), other: bea(n), word: 'request', request: `request${n}`, outcome },
})

describe('contact with a user of another server', () => {
  const seek = (past: readonly ContactsEvent[], command = seeking(2)) =>
    given(contactsAggregate, past).when(seekContact(command))

  it('is asked for once while nobody answers, told or not, and not again once it is there', () => {
    seek([]).then(sought(2))
    for (const past of [[sought(2)], [sought(2), told(2, 'told')]])
      seek(past).thenRejected({ code: 'already-exists', what: 'request' })
    seek([sought(2), granted(2)]).thenRejected({ code: 'already-exists', what: 'contact' })
  })

  it('is asked for again after a no, after the other server could not be told, and after a while', () => {
    seek([sought(2), ended(2, 'request2')]).then(sought(2))
    seek([sought(2), told(2, 'lapsed')]).then(sought(2))
    seek([sought(2), told(2, 'refused')]).then(sought(2))
    seek([sought(2)], seeking(2, { at: 5_000_000_000_000 })).then(sought(2))
  })

  it('is asked of so many, not counting whom it was asked long ago', () => {
    const limit = { code: 'limit-reached', limit: 'connectionRequestsPendingMax', max: 2 } as const
    seek([sought(2), sought(3)], seeking(4)).thenRejected(limit)
    seek([sought(2), sought(3), granted(3)], seeking(4)).then(sought(4))
    seek([sought(2), sought(3)], seeking(4, { at: 5_000_000_000_000 })).then(sought(4))
  })

  it('is granted by whom it was asked, and by nobody else', () => {
    const grant = (past: readonly ContactsEvent[]) =>
      given(contactsAggregate, past).when(grantContact({ user: bea(2), from: user(1), ciphertext: 'BBBB' }))
    grant([sought(2)]).then({ type: 'ContactGranted', data: { ...facts(2), ciphertext: 'BBBB' } })
    grant([]).then()
    grant([sought(3)]).then()
    grant([sought(2), granted(2)]).then()
  })

  it('ends by the other one’s word: as a no to what was asked, else by itself, and where there was none not at all', () => {
    const end = (past: readonly ContactsEvent[]) =>
      given(contactsAggregate, past).when(endContact({ user: user(1), by: bea(2) }))
    end([sought(2)]).then(ended(2, 'request2'))
    end([sought(2), granted(2)]).then(ended(2))
    end([sought(2), granted(2), ended(2)]).then()
    end([]).then()
  })

  it('ends what waits for an answer, too', () => {
    const asking = { user: user(1), from: bea(2), request: 'theirs', ciphertext: 'AAAA' }
    const asked: ContactsEvent = { type: 'ConnectionRequested', data: asking }
    given(contactsAggregate, [asked])
      .when(endContact({ user: user(1), by: bea(2) }))
      .then(ended(2))
    given(contactsAggregate, [asked, ended(2)])
      .when(acceptConnection({ user: user(1), request: 'theirs' }))
      .thenRejected({ code: 'no-such-request' })
    given(contactsAggregate, [asked, ended(2)])
      .when(requestConnection({ ...asking, pendingMax: 1 }))
      .then(asked)
  })

  it('counts for both once it was granted', () => {
    const fold = (past: readonly ContactsEvent[]) =>
      past.reduce(
        (state, event, revision) => contactsAggregate.evolve(state, event, { revision, at: 0 }),
        contactsAggregate.initial,
      )
    expect(fold([sought(2), granted(2)]).accepted.has(bea(2))).to.equal(true)
    expect(fold([sought(2), granted(2), ended(2)]).accepted.has(bea(2))).to.equal(false)
  })
})
