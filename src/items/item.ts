/** What a queue holds, as its owner reads it (docs/api.md, queue items). */
import type { ClientId, GroupId, QueueId, UserId } from '../mls/wire/ids.js'
import type { Json } from '../events/json.js'

/** An item as it is sent, but for its `position`, which is written as a cursor when it leaves. */
export type Item = { readonly type: 'message' | 'commit' | 'proposal' | 'welcome' | 'notice' } & {
  readonly [field: string]: Json
}

/** A fan-out queue reads its own id; a direct queue reads its client's and its user's. */
export type Address = QueueId | ClientId | UserId

/** Whom an item is for: everybody whose queue is a member of a group, or the readers of one address. */
export type Audience = { readonly group: GroupId } | { readonly address: Address }

export type AddressedItem = {
  readonly audience: Audience
  readonly item: Item
  /** Of an application message: only memberships from this epoch or an earlier one show it. */
  readonly epoch?: bigint
  /** Of a Welcome: the blob that its owner may fetch. */
  readonly digest?: string
}
