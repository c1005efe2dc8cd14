/** The account as the store keeps it: who this client is, its keys, and whom it trusts. */
import type { ClientId, Domain, QueueId, UserId } from '../../mls/wire/ids.js'
import type { Bearers } from '../api/caller.js'
import type { QueueKey } from '../crypto/sealQueueReference.js'
import type { LeafIdentity } from '../member/leaf.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Change, Store } from '../store/store.js'

export type Account = {
  readonly user: UserId
  readonly client: ClientId
  /** Of the first client, which registered it. */
  readonly handle?: string | undefined
  readonly domain: Domain
  readonly directQueue: QueueId
  /** [client, intermediate], DER. */
  readonly certificates: readonly Uint8Array[]
  /** Of the MLS signature key. */
  readonly seed: Uint8Array
  readonly signatureKey: Uint8Array
  readonly queue: QueueId
  /** Of the queue's own key. */
  readonly queueSeed: Uint8Array
  readonly queueKey: QueueKey
  /** Root certificates by domain, kept from the first use on. */
  readonly roots: { readonly [domain: string]: Uint8Array }
  /** Of the own server: roots that had led to that one when the account was made. */
  readonly formerRoots?: readonly Uint8Array[]
}

const key = 'account'

export const loadAccount = async (store: Store): Promise<Account | undefined> => {
  const bytes = await store.get(key)
  return bytes === undefined ? undefined : (decodeRecord(bytes) as Account)
}

export const accountChange = (account: Account): Change => ({ key, value: encodeRecord(account) })

export const leafIdentityOf = (account: Account): LeafIdentity => ({
  certificates: account.certificates,
  signatureSeed: account.seed,
  signatureKey: account.signatureKey,
})

/** Whom it asks as: the client, and the fan-out queue, each by its own key. */
export const bearersOf = (account: Account): Bearers => ({
  client: () => ({ id: account.client, seed: account.seed }),
  queue: () => ({ id: account.queue, seed: account.queueSeed }),
})
