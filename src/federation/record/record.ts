/**
 * The follower: takes what a hub sends of one group, in sequence, onto the group's own streams here. One process at a time
 * does so for a group, by lease; what the store has is what counts.
 */
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Leases } from '../../ports/leases.js'
import type { Logger } from '../../ports/logger.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { newTurns } from '../../structures/turns.js'
import type { Item, Notified } from '../item.js'
import { lastNumberOf, notYet } from './gaps.js'
import { expectedItem } from './expected.js'
import { recordItem } from './recordItem.js'
import type { From, RecordItemDependencies } from './recordItem.js'
import { recordMessages } from './recordMessages.js'
import { runFrom } from './runs.js'

export type RecordDependencies = RecordItemDependencies & {
  readonly events: Pick<EventStore, 'last'>
  readonly leases: Pick<Leases, 'take' | 'release'>
  readonly logger: Logger
  /** This process. */
  readonly holder: string
}

export type Broken = { readonly next: number; readonly reason: string }

export type FollowerRecord = {
  /**
   * Items by number, one after another. What was recorded before is accepted and ignored; what lies beyond the next number is
   * refused with it. Throws StoreUnavailable: to be sent again.
   */
  record(from: From, items: readonly Item[]): Promise<Notified>
  /** Groups whose hub broke a rule: nothing more is taken until the operator says so. */
  broken(): ReadonlyMap<GroupId, Broken>
  resume(group: GroupId): void
}

/** A batch is done in this time, or another process may take over. */
const leaseMs = 10_000
/** A hub may name groups without end: the oldest of these are judged again when they come again. */
const brokenMax = 10_000

export const makeRecord = (deps: RecordDependencies): FollowerRecord => {
  const { events, leases, logger, holder } = deps
  const turns = newTurns()
  const broken = new Map<GroupId, Broken>()

  const stop = ({ hub, group }: From, next: number, reason: string): Notified => {
    broken.set(group, { next, reason })
    const [oldest] = broken.keys()
    if (broken.size > brokenMax && oldest !== undefined) broken.delete(oldest)
    logger.error('a hub breaks a rule, its group is followed no further', { hub, group, sequence: next, reason })
    return { status: 'refused', next, reason }
  }

  const recordInTurn = async (from: From, items: readonly Item[]): Promise<Notified> => {
    let expected = await expectedItem(events, from.group)
    for (let at = 0; at < items.length;) {
      const [item, ...others] = runFrom(items, at)
      if (item === undefined) break
      const through = lastNumberOf(item)
      if (through < expected.next) {
        at++
        continue
      }
      if (item.sequence > expected.next) return { status: 'unexpected', next: expected.next }
      const recorded = await (item.kind === 'message'
        ? recordMessages(deps, from, [item, ...others], expected)
        : recordItem(deps, from, notYet(item, through, expected.next), expected))
      expected = recorded.expected
      if (recorded.refused !== undefined) return stop(from, expected.next, JSON.stringify(recorded.refused.rejected))
      at += 1 + others.length
    }
    return { status: 'recorded', next: expected.next }
  }

  const leased = async (from: From, items: readonly Item[]): Promise<Notified> => {
    const lease = `record ${from.group}`
    if (!(await leases.take(lease, holder, leaseMs))) throw new StoreUnavailable('another process records this group')
    try {
      return await recordInTurn(from, items)
    } finally {
      await leases.release(lease, holder)
    }
  }

  return {
    record: (from, items) =>
      turns.take(from.group, () => {
        const known = broken.get(from.group)
        if (known !== undefined) return Promise.resolve({ status: 'refused', ...known })
        if (domainOf(from.group) !== from.hub)
          return Promise.resolve({ status: 'refused', next: 0, reason: 'not its hub' })
        return leased(from, items)
      }),
    broken: () => broken,
    resume: (group) => {
      broken.delete(group)
    },
  }
}
