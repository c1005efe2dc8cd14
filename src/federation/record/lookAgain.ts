/** Groups of another server that stood still and are to be looked at again: their hub is asked from where they stand. */
import type { BrokenGroup } from '../../commands/peer/brokenGroups.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Logger } from '../../ports/logger.js'
import type { AskBackfill } from '../peers/backfill.js'
import type { FollowerRecord } from './record.js'

export type LookAgainDependencies = {
  readonly record: Pick<FollowerRecord, 'record'>
  readonly backfill: AskBackfill
  readonly logger: Pick<Logger, 'warn'>
}

/** Requests of one group: what comes later the hub sends by itself. */
const timesMax = 50

/** One after another. What does not go on now waits for the hub, which hears from us by the very asking. */
export const lookAgain = async (
  { record, backfill, logger }: LookAgainDependencies,
  hub: Domain,
  groups: readonly Pick<BrokenGroup, 'group' | 'sequence'>[],
): Promise<void> => {
  for (const { group, sequence } of groups) {
    try {
      let next = sequence
      for (let times = 0; times < timesMax; times++) {
        const items = await backfill(group, next)
        const heard = items === undefined ? undefined : await record.record({ hub, group }, items)
        if (heard?.status !== 'recorded' || heard.next <= next) break
        next = heard.next
      }
    } catch (error) {
      logger.warn('a group that stood still is not looked at again yet', { hub, group, error: String(error) })
    }
  }
}
