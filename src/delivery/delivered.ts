/** An event of the log as delivery sees it: what it shows to whom, whom it seats, whom it cuts off. */
import type { AnyEvent } from '../events/anyEvent.js'
import type { ClientId, QueueId } from '../mls/wire/ids.js'
import type { StoredEvent } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import { frameBytes } from '../items/frame.js'
import type { Frame } from '../items/frame.js'
import type { ItemToShow, Audience } from '../items/audience.js'
import { itemsOf } from '../items/itemsOf.js'
import { seatChangesOf } from '../items/membership.js'
import type { SeatChange } from '../items/membership.js'
import { placedOf } from '../items/placed.js'
import type { OpenReference } from '../items/references.js'

export type LiveItem = {
  readonly audience: Audience
  readonly epoch: bigint | undefined
  readonly targets: readonly number[] | undefined
  /** Made when the first recipient asks, then shared by all. */
  readonly frame: () => Frame
}

export type Delivered = {
  readonly position: Position
  readonly items: readonly LiveItem[]
  readonly seats: readonly SeatChange[]
  readonly queuesGone: readonly QueueId[]
  readonly clientsGone: readonly ClientId[]
  /** About how many bytes it holds in memory. */
  readonly weight: number
}

/** What came together, and up to where the log was followed: some events are for nobody, or cannot be read. */
export type LiveBatch = {
  readonly delivered: readonly Delivered[]
  readonly upTo: Position
  /** What other servers decided, by the ids that they call it; undefined: nothing. */
  readonly fromHubs?: readonly FromHub[]
}
export type FromHub = { readonly id: string; readonly position: Position }

export type Delivering = { readonly open: OpenReference; readonly logId: string }

/** Throws UnreadableEvent. */
export const deliveredOf = (stored: StoredEvent, { open, logId }: Delivering): Delivered => {
  const placed = placedOf(stored)
  const { position } = placed
  const items = itemsOf(placed, open)
  return {
    position,
    items: items.map((item) => ({
      audience: item.audience,
      epoch: item.epoch,
      targets: item.targets,
      frame: once(item, position, logId),
    })),
    seats: seatChangesOf(placed, open),
    ...goneBy(placed.event),
    weight: weigh(items),
  }
}

const once = ({ item }: ItemToShow, position: Position, logId: string): (() => Frame) => {
  let made: Frame | undefined
  return () => (made ??= { position, bytes: frameBytes(JSON.stringify(item), logId, position) })
}

const goneBy = (event: AnyEvent): Pick<Delivered, 'queuesGone' | 'clientsGone'> => {
  if (event.type === 'QueueDeleted') return { queuesGone: [event.data.queue], clientsGone: [] }
  if (event.type === 'ClientRemoved') return { queuesGone: [event.data.directQueue], clientsGone: [event.data.client] }
  if (event.type === 'UserDisabled') return { queuesGone: [], clientsGone: event.data.clients }
  if (event.type === 'UserDeleted') return { queuesGone: event.data.directQueues, clientsGone: event.data.clients }
  return none
}
const none = { queuesGone: [], clientsGone: [] }

const eventOverhead = 1_000

/** Each item by its texts, of which its frame is a second copy; what is beside them is small. */
const weigh = (items: readonly ItemToShow[]): number =>
  items.reduce((bytes, { item }) => bytes + eventOverhead + 2 * charactersOf(item), eventOverhead)

const charactersOf = (item: object): number => {
  let characters = 0
  for (const field of Object.values(item)) if (typeof field === 'string') characters += field.length
  return characters
}
