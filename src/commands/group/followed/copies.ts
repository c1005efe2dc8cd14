/** What is a server's own about a followed group: its copies of messages, of which the hub says nothing, and whom it asks to let go. */
import { followedShapes, parseFollowedEvent } from '../../../events/followed.js'
import type { FollowedEvent } from '../../../events/followed.js'
import type { GroupId } from '../../../mls/wire/ids.js'
import { accept } from '../../../streams/decider.js'
import type { Aggregate, Decider } from '../../../streams/decider.js'
import { expired } from '../expiry.js'
import type { ExpireMessages } from '../expiry.js'

export type Copies = { readonly expiredUpTo: number }

export const copiesAggregate: Aggregate<Copies, FollowedEvent> = {
  name: 'followed',
  initial: { expiredUpTo: -1 },
  shapes: followedShapes,
  parse: parseFollowedEvent,
  evolve: (copies, { type, data }) => (type === 'MessagesExpired' ? { expiredUpTo: data.upToRevision } : copies),
  weigh: () => 100,
}

export const dropCopies: Decider<ExpireMessages & { readonly group: GroupId }, Copies, FollowedEvent> =
  ({ group, ...due }) =>
  ({ expiredUpTo }) =>
    due.upToRevision <= expiredUpTo ? accept() : accept(expired(group, due, expiredUpTo))
