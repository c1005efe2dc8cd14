import {
  abandonRegistration,
  addClient,
  addKey,
  changePolicy,
  deleteUser,
  registerUser,
  removeClient,
  userAggregate,
} from '#src/commands/account/user.js'
import type { AddClient } from '#src/commands/account/user.js'
import type { UserEvent } from '#src/events/user.js'
import { given } from './given.js'
import { client, queue, registered, user, vouchedKey } from './people.js'

const approval = { by: client(1), signatureKey: 'key1', jws: 'jws' }
const adding = (n: number, more: Partial<AddClient> = {}): AddClient => ({
  client: client(n),
  directQueue: queue(n),
  key: vouchedKey(n),
  approval,
  clientsPerUserMax: 10,
  ...more,
})
const added = (n: number): UserEvent => ({
  type: 'ClientAdded',
  data: {
    user: user(1),
    client: client(n),
    directQueue: queue(n),
    key: vouchedKey(n),
    approvedBy: client(1),
    approval: 'jws',
  },
})
const removed = (n: number, more: object = {}): UserEvent => ({
  type: 'ClientRemoved',
  data: {
    user: user(1),
    client: client(n),
    directQueue: queue(n),
    reason: 'requested',
    serials: [`serial${n}`],
    ...more,
  },
})
const deleted: UserEvent = {
  type: 'UserDeleted',
  data: { user: user(1), handleHash: 'hash1', clients: [client(1)], directQueues: [queue(1)], serials: ['serial1'] },
}
const abandoned: UserEvent = { type: 'RegistrationAbandoned', data: { user: user(1) } }

const registration = () => {
  const { first, ...data } = registered(1).data
  return { ...data, ...first }
}

describe('a user', () => {
  it('is registered once', () => {
    given(userAggregate).when(registerUser(registration())).then(registered(1))
    for (const past of [[registered(1)], [registered(1), deleted], [abandoned]]) {
      given(userAggregate, past)
        .when(registerUser(registration()))
        .thenRejected({ code: 'already-exists', what: 'user' })
    }
  })

  it('is abandoned only before it is registered', () => {
    given(userAggregate)
      .when(abandonRegistration(user(1)))
      .then(abandoned)
    given(userAggregate, [abandoned])
      .when(abandonRegistration(user(1)))
      .then()
    given(userAggregate, [registered(1)])
      .when(abandonRegistration(user(1)))
      .thenRejected({ code: 'already-exists', what: 'user' })
  })

  it('changes its policy, and says nothing when nothing changes', () => {
    given(userAggregate, [registered(1)])
      .when(changePolicy({ discovery: 'hidden' }))
      .then({ type: 'PolicyChanged', data: { user: user(1), discovery: 'hidden', claims: 'anyone' } })
    given(userAggregate, [registered(1)])
      .when(changePolicy({ claims: 'anyone' }))
      .then()
    given(userAggregate).when(changePolicy({})).thenRejected({ code: 'no-such-user' })
  })

  it('is deleted once, with all its clients and serial numbers', () => {
    given(userAggregate, [registered(1), added(2)])
      .when(deleteUser())
      .then({
        type: 'UserDeleted',
        data: {
          user: user(1),
          handleHash: 'hash1',
          clients: [client(1), client(2)],
          directQueues: [queue(1), queue(2)],
          serials: ['serial1', 'serial2'],
        },
      })
    given(userAggregate, [registered(1), deleted])
      .when(deleteUser())
      .thenRejected({ code: 'user-deleted' })
    given(userAggregate).when(deleteUser()).thenRejected({ code: 'no-such-user' })
  })
})

describe('a client', () => {
  it('is added with the approval of one that is there', () => {
    given(userAggregate, [registered(1)])
      .when(addClient(adding(2)))
      .then(added(2))
  })

  const notApproved = { code: 'not-allowed', capability: 'approveClient' } as const
  it('is not added by one that is gone, by a stranger, or by a key that is not the approver’s', () => {
    const past = [registered(1), added(2), removed(1)]
    given(userAggregate, past)
      .when(addClient(adding(3)))
      .thenRejected(notApproved)
    const stranger = { ...approval, by: client(9) }
    const otherKey = { ...approval, signatureKey: 'key2' }
    for (const bad of [stranger, otherKey]) {
      given(userAggregate, [registered(1)])
        .when(addClient(adding(2, { approval: bad })))
        .thenRejected(notApproved)
      given(userAggregate, [registered(1)])
        .when(addKey({ client: client(1), key: vouchedKey(2, 'P-256'), approval: bad }))
        .thenRejected(notApproved)
    }
  })

  it('is not added twice, nor again after it was removed', () => {
    for (const past of [
      [registered(1), added(2)],
      [registered(1), added(2), removed(2)],
    ]) {
      given(userAggregate, past)
        .when(addClient(adding(2)))
        .thenRejected({ code: 'already-exists', what: 'client' })
    }
  })

  it('is added as the tenth and not as the eleventh', () => {
    const nine = [registered(1), ...[2, 3, 4, 5, 6, 7, 8, 9].map(added)]
    given(userAggregate, nine)
      .when(addClient(adding(10)))
      .then(added(10))
    given(userAggregate, [...nine, added(10)])
      .when(addClient(adding(11)))
      .thenRejected({ code: 'limit-reached', limit: 'clientsPerUserMax', max: 10 })
  })

  it('takes one key for each scheme', () => {
    const key = vouchedKey(2, 'P-256')
    const keyAdded: UserEvent = {
      type: 'ClientKeyAdded',
      data: { user: user(1), client: client(1), key, approval: 'jws' },
    }
    given(userAggregate, [registered(1)])
      .when(addKey({ client: client(1), key, approval }))
      .then(keyAdded)
    given(userAggregate, [registered(1), keyAdded])
      .when(addKey({ client: client(1), key: vouchedKey(3, 'P-256'), approval }))
      .thenRejected({ code: 'already-exists', what: 'key' })
    given(userAggregate, [registered(1)])
      .when(addKey({ client: client(2), key, approval }))
      .thenRejected({ code: 'no-such-client' })
    given(userAggregate, [registered(1), keyAdded, added(2)])
      .when(removeClient({ client: client(1), reason: 'operator' }))
      .then(removed(1, { reason: 'operator', serials: ['serial1', 'serial2'] }))
  })

  it('is removed, but for the last one', () => {
    given(userAggregate, [registered(1), added(2)])
      .when(removeClient({ client: client(2), reason: 'requested', by: client(1) }))
      .then(removed(2, { by: client(1) }))
    given(userAggregate, [registered(1), added(2), removed(1)])
      .when(removeClient({ client: client(2), reason: 'requested' }))
      .thenRejected({ code: 'not-allowed', capability: 'removeLastClient' })
    given(userAggregate, [registered(1), added(2)])
      .when(removeClient({ client: client(3), reason: 'requested' }))
      .thenRejected({ code: 'no-such-client' })
  })

  it('and its user are none once deleted', () => {
    const past = [registered(1), deleted]
    given(userAggregate, past)
      .when(addClient(adding(2)))
      .thenRejected({ code: 'no-such-user' })
    given(userAggregate, past)
      .when(addKey({ client: client(1), key: vouchedKey(2), approval }))
      .thenRejected({ code: 'no-such-user' })
  })
})
