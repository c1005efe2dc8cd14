/** All that groups ask of the reactions. */
import { expireLeaves } from './expireLeaves.js'
import type { ExpireLeavesDependencies } from './expireLeaves.js'
import { expireMessages, truncateMessages } from './expireMessages.js'
import type { ExpireMessagesDependencies, TruncateMessagesDependencies } from './expireMessages.js'
import { judgeNewcomers } from './judgeNewcomers.js'
import type { JudgeNewcomersDependencies } from './judgeNewcomers.js'
import { requireRemovals } from './requireRemovals.js'
import type { Rule, Sweep } from './rule.js'
import { sweepBlobs } from './sweepBlobs.js'
import type { SweepBlobsDependencies } from './sweepBlobs.js'
import type { GroupQueries } from '../projections/groups/queries.js'
import type { Runner } from '../projections/runner.js'

export type GroupReactionsDependencies = JudgeNewcomersDependencies &
  TruncateMessagesDependencies &
  ExpireMessagesDependencies &
  SweepBlobsDependencies & {
    readonly limits: ExpireLeavesDependencies['limits']
    readonly groups: GroupQueries
    /** The projection behind `groups`. */
    readonly runner: Pick<Runner, 'reached'>
  }

export const groupReactions = (
  deps: GroupReactionsDependencies,
): { readonly rules: readonly Rule[]; readonly sweeps: readonly Sweep[] } => ({
  rules: [requireRemovals(deps), judgeNewcomers(deps), truncateMessages(deps)],
  sweeps: [expireLeaves(deps), expireMessages(deps), sweepBlobs(deps)],
})
