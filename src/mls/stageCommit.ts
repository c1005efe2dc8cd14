/** Verifies a Commit as a member without secrets can (RFC 9420 §12.4.2) and says what it would change. */
import type { PublicMessage } from './framing.js'
import type { GroupPolicy } from './policy.js'
import type { PublicGroup } from './publicGroup.js'
import type { Result } from './refusal.js'
import type { StagedCommit } from './stagedCommit.js'

export const stageCommit = (
  _group: PublicGroup,
  _message: PublicMessage,
  _policy: GroupPolicy,
): Result<StagedCommit> => {
  throw new Error('being written')
}

/** Replays an accepted commit: the same without signature and policy checks, and free right after it was staged. */
export const applyCommit = (_group: PublicGroup, _message: PublicMessage): Result<StagedCommit> => {
  throw new Error('being written')
}
