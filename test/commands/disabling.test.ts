/** Keeping a user out: one sentence per rule. */
import { disableUser, enableUser } from '#src/commands/account/disabling.js'
import { addClient, userAggregate } from '#src/commands/account/user.js'
import type { UserEvent } from '#src/events/user.js'
import { given } from './given.js'
import { client, queue, registered, user, vouchedKey } from './people.js'

const disabled = (act: number): UserEvent => ({
  type: 'UserDisabled',
  data: { user: user(1), act, clients: [client(1)] },
})
const enabled = (act: number): UserEvent => ({ type: 'UserEnabled', data: { user: user(1), act } })

describe('a user that an operator keeps out', () => {
  it('is told by which act, and by the later one alone, whichever comes first', () => {
    given(userAggregate, [registered(1)])
      .when(disableUser(3))
      .then(disabled(3))
    given(userAggregate, [registered(1), disabled(3)])
      .when(enableUser(4))
      .then(enabled(4))
    given(userAggregate, [registered(1), enabled(4)])
      .when(disableUser(3))
      .then()
    given(userAggregate, [registered(1), disabled(4)])
      .when(enableUser(3))
      .then()
  })

  it('is one who is there', () => {
    given(userAggregate).when(disableUser(1)).then()
    given(userAggregate).when(enableUser(1)).then()
  })

  it('adds no client, whoever of them approves it, until it is enabled', () => {
    const approval = { by: client(1), signatureKey: 'key1', jws: 'jws' }
    const key = vouchedKey(2)
    const adding = addClient({ client: client(2), directQueue: queue(2), key, approval, clientsPerUserMax: 9 })
    given(userAggregate, [registered(1), disabled(1)])
      .when(adding)
      .thenRejected({ code: 'user-disabled' })
    given(userAggregate, [registered(1), disabled(1), enabled(2)])
      .when(adding)
      .then({
        type: 'ClientAdded',
        data: { user: user(1), client: client(2), directQueue: queue(2), key, approvedBy: client(1), approval: 'jws' },
      })
  })
})
