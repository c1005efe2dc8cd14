/** One's own copies of a followed group's messages: the hub says nothing of how long another server keeps them. */
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
  evolve: (_, { data }) => ({ expiredUpTo: data.upToRevision }),
  weigh: () => 100,
}

export const dropCopies: Decider<ExpireMessages & { readonly group: GroupId }, Copies, FollowedEvent> =
  ({ group, ...due }) =>
  ({ expiredUpTo }) =>
    due.upToRevision <= expiredUpTo ? accept() : accept(expired(group, due, expiredUpTo))
