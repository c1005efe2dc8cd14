/** A recovery key lets in one new client, once; whoever sets one is a client of the user. */
import { recoverClient, setRecoveryKey } from '#src/commands/account/recovery.js'
import type { RecoverClient } from '#src/commands/account/recovery.js'
import { deleteUser, removeClient, userAggregate } from '#src/commands/account/user.js'
import type { UserEvent } from '#src/events/user.js'
import { given } from './given.js'
import { client, queue, registered, user, vouchedKey } from './people.js'

const approval = { by: client(1), signatureKey: 'key1', jws: 'jws' }
const setting = (n: number) => setRecoveryKey({ publicKey: `recovery${n}`, locatorHash: `locator${n}`, approval })
const set = (n: number): UserEvent => ({
  type: 'RecoveryKeySet',
  data: { user: user(1), publicKey: `recovery${n}`, locatorHash: `locator${n}`, by: client(1), approval: 'jws' },
})
const made = (n: number) => ({ client: client(n), directQueue: queue(n), key: vouchedKey(n) })
const recovering = (n: number, more: Partial<RecoverClient> = {}) =>
  recoverClient({
    ...made(n),
    recoveryKey: 'recovery1',
    locatorHash: 'locator1',
    approval: 'signed',
    clientsPerUserMax: 10,
    ...more,
  })
const used = (n: number): UserEvent => ({
  type: 'RecoveryKeyUsed',
  data: { user: user(1), ...made(n), recoveryKey: 'recovery1', approval: 'signed' },
})
const added = (n: number): UserEvent => ({
  type: 'ClientAdded',
  data: { user: user(1), ...made(n), approvedBy: client(1), approval: 'jws' },
})
const notRecovered = { code: 'not-allowed', capability: 'recover' } as const

describe('a recovery key', () => {
  it('is set by the approval of a client that is there', () => {
    given(userAggregate, [registered(1)])
      .when(setting(1))
      .then(set(1))
    const strangers = setRecoveryKey({ publicKey: 'k', locatorHash: 'l', approval: { ...approval, by: client(9) } })
    given(userAggregate, [registered(1)])
      .when(strangers)
      .thenRejected({ code: 'not-allowed', capability: 'approveClient' })
    given(userAggregate).when(setting(1)).thenRejected({ code: 'no-such-user' })
  })

  it('lets in one new client, and no second one', () => {
    given(userAggregate, [registered(1), set(1)])
      .when(recovering(2))
      .then(used(2))
    given(userAggregate, [registered(1), set(1), used(2)])
      .when(recovering(3))
      .thenRejected(notRecovered)
  })

  it('is good for nothing once another one is set, or by another locator, or where none is', () => {
    given(userAggregate, [registered(1), set(1), set(2)])
      .when(recovering(2))
      .thenRejected(notRecovered)
    given(userAggregate, [registered(1), set(1)])
      .when(recovering(2, { locatorHash: 'locator2' }))
      .thenRejected(notRecovered)
    for (const past of [[], [registered(1)]]) given(userAggregate, past).when(recovering(2)).thenRejected(notRecovered)
  })

  it('is followed by another one, which the new client sets', () => {
    const approvedByNew = { by: client(2), signatureKey: 'key2', jws: 'jws' }
    given(userAggregate, [registered(1), set(1), used(2)])
      .when(setRecoveryKey({ publicKey: 'recovery2', locatorHash: 'locator2', approval: approvedByNew }))
      .then({
        type: 'RecoveryKeySet',
        data: { user: user(1), publicKey: 'recovery2', locatorHash: 'locator2', by: client(2), approval: 'jws' },
      })
  })

  it('brings a client like any other: it can remove the lost one, and be removed', () => {
    const past = [registered(1), set(1), used(2)]
    given(userAggregate, past)
      .when(removeClient({ client: client(1), reason: 'requested', by: client(2) }))
      .then({
        type: 'ClientRemoved',
        data: {
          user: user(1),
          client: client(1),
          directQueue: queue(1),
          reason: 'requested',
          serials: ['serial1'],
          by: client(2),
        },
      })
    given(userAggregate, past)
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
  })

  it('does not bring a client that is there, or was removed', () => {
    given(userAggregate, [registered(1), set(1)])
      .when(recovering(1))
      .thenRejected({ code: 'already-exists', what: 'client' })
  })

  it('lets one more in than there may be, for all of them may be lost', () => {
    const ten = [registered(1), ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map(added), set(1)]
    given(userAggregate, ten).when(recovering(11)).then(used(11))
    given(userAggregate, [...ten, used(11), { ...set(1) }])
      .when(recovering(12))
      .thenRejected({ code: 'limit-reached', limit: 'clientsPerUserMax', max: 10 })
  })
})
