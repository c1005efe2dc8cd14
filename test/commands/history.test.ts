/** History is offered to another client of the same user, that is there. */
import { offerHistory } from '#src/commands/account/history.js'
import { userAggregate } from '#src/commands/account/user.js'
import type { UserEvent } from '#src/events/user.js'
import { given } from './given.js'
import { client, queue, registered, user, vouchedKey } from './people.js'

const offering = (n: number) => offerHistory({ by: client(1), client: client(n), offer: 'AAAA' })
const added: UserEvent = {
  type: 'ClientAdded',
  data: {
    user: user(1),
    client: client(2),
    directQueue: queue(2),
    key: vouchedKey(2),
    approvedBy: client(1),
    approval: 'jws',
  },
}

describe('an offer of history', () => {
  it('is for another client of the user', () => {
    given(userAggregate, [registered(1), added])
      .when(offering(2))
      .then({ type: 'HistoryOffered', data: { user: user(1), client: client(2), by: client(1), offer: 'AAAA' } })
  })

  it('is not for the one that offers it, nor for one that is not there', () => {
    for (const n of [1, 3])
      given(userAggregate, [registered(1), added])
        .when(offering(n))
        .thenRejected({ code: 'no-such-client' })
    given(userAggregate).when(offering(2)).thenRejected({ code: 'no-such-user' })
  })
})
