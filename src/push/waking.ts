/** What of an event wakes those who are away, and whom: what their policy says of it wins over what the sender asks for. Pure. */
import type { PushPolicy } from '../events/push.js'
import type { Recipient } from '../items/audience.js'
import { itemsOf } from '../items/itemsOf.js'
import type { Placed } from '../items/placed.js'
import type { OpenReference } from '../items/references.js'
import type { GroupId } from '../mls/wire/ids.js'
import type { QueueRow, WakeRow } from './schema.js'

export type Waking = { readonly urgency: WakeRow['urgency'] } & (
  | { readonly group: GroupId; readonly epoch: bigint; readonly targets?: readonly number[] }
  /** `of`: the group that it concerns. */
  | { readonly recipient: Recipient; readonly of: string | undefined }
)

/** Application messages, Welcomes, and what is for one person; what goes on in a group wakes nobody. */
export const wakingOf = (placed: Placed, open: OpenReference): readonly Waking[] => {
  const { event } = placed
  if (event.type !== 'MessageAccepted') return ownWakings(placed, open)
  const { group, epoch, targets, urgency = 'normal' } = event.data
  if (urgency === 'silent') return []
  return [{ urgency, group, epoch: BigInt(epoch), ...(targets === undefined ? {} : { targets }) }]
}

const ownWakings = (placed: Placed, open: OpenReference): readonly Waking[] =>
  itemsOf(placed, open).flatMap(({ audience, item }): readonly Waking[] =>
    'recipient' in audience
      ? [{ urgency: 'normal', recipient: audience.recipient, of: item.type === 'welcome' ? item.group : undefined }]
      : [],
  )

/** Of one group, or (undefined) of what concerns none. */
export const policyFor = (queue: Pick<QueueRow, 'default' | 'groups'>, group: string | undefined): PushPolicy =>
  (group !== undefined && Object.hasOwn(queue.groups, group) ? queue.groups[group] : undefined) ?? queue.default

/** `targeted`: it names its reader. */
export const wakesUnder = (policy: PushPolicy, targeted: boolean): boolean =>
  policy === 'all' || (policy === 'targeted' && targeted)
