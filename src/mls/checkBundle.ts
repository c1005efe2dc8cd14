/** Holds the GroupInfo and Welcome of a commit bundle against the staged commit. */
import type { GroupInfo } from './groupInfo.js'
import type { Result } from './refusal.js'
import type { StagedCommit } from './stagedCommit.js'
import type { Welcome } from './welcome.js'

export const checkBundle = (
  _staged: StagedCommit,
  _groupInfo: GroupInfo,
  _welcome: Welcome | undefined,
): Result<undefined> => {
  throw new Error('being written')
}
