/** What one connected queue is to see of each event: its memberships, moved along by the events themselves. */
import type { GroupId, QueueId } from '../mls/wire/ids.js'
import type { Position } from '../ports/position.js'
import type { Frame } from '../items/frame.js'
import type { Recipient } from '../items/audience.js'
import { forever, joined, movedTo, shows } from '../items/membership.js'
import type { Membership, SeatChange } from '../items/membership.js'
import type { Delivered, LiveItem } from './delivered.js'

export type Viewer = {
  /** Takes the event's changes and answers the frames this queue sees of it. Taking an event twice is harmless. */
  see(delivered: Delivered): readonly Frame[]
  isIn(group: GroupId): boolean
  groups(): Iterable<GroupId>
  /** Whether it has a membership of the group that lasts, at another leaf than this. */
  isBeside(group: GroupId, leafIndex: number): boolean
}

const nothing: readonly Frame[] = []

/**
 * `loaded`: the memberships as they were read, at a checkpoint or later; every event above the checkpoint must follow.
 * Where they were read a little later than the checkpoint, those events find their work done.
 */
export const makeViewer = (queue: QueueId, recipients: readonly Recipient[], loaded: readonly Membership[]): Viewer => {
  const windows = new Map<GroupId, Membership[]>()
  for (const one of loaded) windows.set(one.group, [...(windows.get(one.group) ?? []), one])

  const takeSeat = (change: SeatChange): void => {
    const before = windows.get(change.group) ?? []
    const after = changed(queue, before, change)
    if (after !== before) windows.set(change.group, after)
  }

  const isFor = ({ audience, epoch, targets }: LiveItem, position: Position): boolean => {
    if ('recipient' in audience) return recipients.includes(audience.recipient)
    const own = windows.get(audience.group)
    return own !== undefined && own.some((window) => shows(window, position, epoch, targets))
  }

  const forgetEnded = (group: GroupId, position: Position): void => {
    const lasting = (windows.get(group) ?? []).filter(({ until }) => until > position)
    if (lasting.length === 0) windows.delete(group)
    else windows.set(group, lasting)
  }

  const see = ({ position, items, seats }: Delivered): readonly Frame[] => {
    for (const seat of seats) takeSeat(seat)
    let frames: Frame[] | undefined
    for (const item of items) if (isFor(item, position)) (frames ??= []).push(item.frame())
    for (const { group } of seats) forgetEnded(group, position)
    return frames ?? nothing
  }

  const isBeside: Viewer['isBeside'] = (group, leafIndex) =>
    (windows.get(group) ?? []).some(({ leaf, until }) => until === forever && leaf !== leafIndex)

  return { see, isIn: (group) => windows.has(group), groups: () => windows.keys(), isBeside }
}

/** The queue's memberships of a group after a change; the same array when it does not touch them. */
const changed = (queue: QueueId, windows: Membership[], change: SeatChange): Membership[] => {
  switch (change.change) {
    case 'joins':
      return change.queue === queue ? withMembership(windows, joined(change)) : windows
    case 'leaves':
      return ended(windows, change, change.until, change.epoch)
    case 'stays': {
      if (change.queue !== queue) return ended(windows, change, change.at)
      const isHere = windows.some(
        ({ leaf, from, until }) => leaf === change.leaf && from <= change.at && change.at <= until,
      )
      return isHere ? windows : withMembership(windows, movedTo(change, queue))
    }
  }
}

const withMembership = (windows: Membership[], one: Membership): Membership[] =>
  windows.some(({ leaf, from }) => leaf === one.leaf && from === one.from) ? windows : [...windows, one]

/**
 * Ends what lasts at the leaf and began before the change. A Commit may give the leaf it empties to another member, or
 * to the same one again: read ahead of the event, that membership is here already, and is told apart by its epoch.
 */
const ended = (windows: Membership[], { leaf, at }: SeatChange, until: Position, epoch?: bigint): Membership[] => {
  const lasts = (one: Membership): boolean =>
    one.leaf === leaf && one.until === forever && one.from <= at && (epoch === undefined || one.fromEpoch < epoch)
  return windows.some(lasts) ? windows.map((one) => (lasts(one) ? { ...one, until } : one)) : windows
}
