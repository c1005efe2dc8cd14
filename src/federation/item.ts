/** What a hub sends a follower of one group: numbered without holes, each number for ever the same item. */
import type { Domain, GroupId } from '../mls/wire/ids.js'
import type { ItemKind } from './wire/sequencedItem.js'

export type Item = {
  readonly sequence: number
  readonly kind: ItemKind
  /** By its kind: wire/itemContents.ts. */
  readonly bytes: Uint8Array
  /** The ids that its events have at the hub. */
  readonly events: readonly string[]
}

/** What a peer says to items of one group, consecutive by number. */
export type Notified =
  /** It has everything below `next`. */
  | { readonly status: 'recorded'; readonly next: number }
  /** The first item lies above what it expects. */
  | { readonly status: 'unexpected'; readonly next: number }
  /** The hub broke a rule with the item that is next: it takes nothing more of this group. */
  | { readonly status: 'refused'; readonly next: number; readonly reason: string }

/** What is heard of that: `later` where it cannot judge them now, and this group alone waits. */
export type Heard = Notified | { readonly status: 'later' }

/** Throws when the peer did not answer: whether it has them is not known. */
export type Notify = (peer: Domain, group: GroupId, items: readonly Item[]) => Promise<Heard>
