/** The items an event brings, and for whom: one function for the rows of the projection and the frames of delivery. */
import type { AnyEvent } from '../events/anyEvent.js'
import type { QueueId, UserId } from '../mls/wire/ids.js'
import type { Placed } from './placed.js'
import type { Address, AddressedItem, Item } from './item.js'
import type { OpenReference } from './references.js'

type CommitAccepted = Extract<AnyEvent, { type: 'CommitAccepted' }>['data']
type ContactsData = { readonly user: UserId; readonly from: UserId; readonly request: string }

/** In the order in which a queue shows them: what concerns a group first, then a queue's own. */
export const itemsOf = (placed: Placed, open: OpenReference): readonly AddressedItem[] => {
  const { event, at } = placed
  switch (event.type) {
    case 'MessageAccepted': {
      const { group, epoch, message } = event.data
      return [{ audience: { group }, item: { type: 'message', group, epoch, message, at }, epoch: BigInt(epoch) }]
    }
    case 'CommitAccepted': {
      const { group, epoch, commit } = event.data
      return [
        { audience: { group }, item: { type: 'commit', group, epoch, message: commit, at } },
        ...welcomes(event.data, at, open),
      ]
    }
    case 'ProposalAccepted': {
      const { group, epoch, ref, proposal } = event.data
      return [{ audience: { group }, item: { type: 'proposal', group, epoch, ref, message: proposal, at } }]
    }
    case 'RoleChanged': {
      const { group, user, role } = event.data
      return [groupNotice(group, { kind: 'roleChanged', user, role }, at)]
    }
    case 'SettingsChanged':
      return [groupNotice(event.data.group, { kind: 'settingsChanged', settings: event.data.settings }, at)]
    case 'ProfileChanged':
      return [groupNotice(event.data.group, { kind: 'profileChanged', version: event.data.version }, at)]
    case 'RemovalRequired': {
      const { group, leaves, reason } = event.data
      const shown = leaves.map(({ leafIndex, user, client }) => ({ leafIndex, user, client }))
      return [groupNotice(group, { kind: 'removalRequired', leaves: shown, reason }, at)]
    }
    case 'FaultReported': {
      const { group, epoch, by, detail } = event.data
      return [groupNotice(group, { kind: 'faultReported', epoch, client: by.client, detail }, at)]
    }
    case 'GroupReset':
      return [groupNotice(event.data.group, { kind: 'groupReset', successor: event.data.successor }, at)]
    case 'GroupDeleted':
      return [groupNotice(event.data.group, { kind: 'groupDeleted' }, at)]
    case 'ClientAdded': {
      const { user, client, approvedBy } = event.data
      return [accountNotice(user, { kind: 'clientAdded', client, approvedBy }, at)]
    }
    case 'ClientRemoved':
      return [accountNotice(event.data.user, { kind: 'clientRemoved', client: event.data.client }, at)]
    case 'KeyPackageClaimed':
      return stockNotices(event.data, at)
    case 'ConnectionRequested': {
      const { user, from, request, ciphertext } = event.data
      return [accountNotice(user, { kind: 'connectionRequest', request, from, ciphertext }, at)]
    }
    case 'ConnectionAccepted': {
      const { ciphertext } = event.data
      const words = ciphertext === undefined ? {} : { ciphertext }
      return [answerTo(event.data, 'connectionAccepted', words, at)]
    }
    case 'ConnectionRejected':
      return [answerTo(event.data, 'connectionRejected', {}, at)]
    case 'ServerInitialised':
    case 'LogReplaced':
    case 'OperatorTokenIssued':
    case 'HandleReserved':
    case 'HandleReleased':
    case 'UserRegistered':
    case 'ClientKeyAdded':
    case 'PolicyChanged':
    case 'UserDeleted':
    case 'RegistrationAbandoned':
    case 'UserBlocked':
    case 'UserUnblocked':
    case 'KeyPackagesPublished':
    case 'KeyPackagesDeleted':
    case 'StockClosed':
    case 'QueueCreated':
    case 'QueueDeleted':
    case 'QueuesAcknowledged':
    case 'GroupIdReserved':
    case 'GroupCreated':
    case 'MessagesExpired':
    case 'Erased':
      return []
  }
}

type Fields = { readonly [field: string]: Item[string] }

const groupNotice = (
  group: Extract<AddressedItem['audience'], { group: unknown }>['group'],
  fields: Fields,
  at: number,
) => ({
  audience: { group },
  item: { type: 'notice', group, ...fields, at } as const,
})

const accountNotice = (address: Address, fields: Fields, at: number): AddressedItem => ({
  audience: { address },
  item: { type: 'notice', ...fields, at },
})

/** Told to all clients of the user who had asked; `from` is the one who answers. */
const answerTo = (contact: ContactsData, kind: string, words: Fields, at: number): AddressedItem =>
  accountNotice(contact.from, { kind, request: contact.request, from: contact.user, ...words }, at)

/** The owner hears of every use of its last resort, and of a stock that has come to its mark. */
const stockNotices = (
  claimed: Extract<AnyEvent, { type: 'KeyPackageClaimed' }>['data'],
  at: number,
): readonly AddressedItem[] => {
  const { client, suite: cipherSuite, remaining, lastResort } = claimed
  if (lastResort) return [accountNotice(client, { kind: 'lastResortUsed', cipherSuite }, at)]
  return remaining <= keyPackagesLow
    ? [accountNotice(client, { kind: 'keyPackagesLow', cipherSuite, remaining }, at)]
    : []
}

/** A constant, not the configured limit: a projection must not change its mind when an operator does. */
const keyPackagesLow = 10

/** One Welcome for each queue that the Commit adds, naming the KeyPackages of that queue (RFC 9420 §12.4.3.1). */
const welcomes = (commit: CommitAccepted, at: number, open: OpenReference): readonly AddressedItem[] => {
  const { group, epoch, welcome, added } = commit
  if (welcome === undefined) return []
  const refs = new Map<QueueId, string[]>()
  for (const { queue: sealed, keyPackageRef } of added) {
    const queue = keyPackageRef === undefined ? undefined : open(sealed)
    if (queue !== undefined && keyPackageRef !== undefined) refs.set(queue, [...(refs.get(queue) ?? []), keyPackageRef])
  }
  return [...refs].map(([address, own]) => ({
    audience: { address },
    item: { type: 'welcome', group, epoch, ...welcome, refs: own, at },
    digest: welcome.digest,
  }))
}
