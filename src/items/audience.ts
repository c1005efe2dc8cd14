/** Whom an item is for. */
import type { ClientId, GroupId, QueueId, UserId } from '../mls/wire/ids.js'
import type { Item } from './queueItem.js'

/** A fan-out queue reads what is for its own id; a direct queue what is for its client and its user. */
export type Recipient = QueueId | ClientId | UserId

/** Everybody whose queue is a member of a group, or the readers of one recipient's items. */
export type Audience = { readonly group: GroupId } | { readonly recipient: Recipient }

export type ItemToShow = {
  readonly audience: Audience
  readonly item: Item
  /** Of an application message: only memberships from this epoch or an earlier one show it. */
  readonly epoch?: bigint
  /** Of a targeted message: only memberships at these leaves show it. */
  readonly targets?: readonly number[]
  /** Of an application message: its sender would have nobody woken by it, and it is not counted as unread. */
  readonly silent?: true
  /** Of a Welcome: the blob that its owner may fetch. */
  readonly digest?: string
}
