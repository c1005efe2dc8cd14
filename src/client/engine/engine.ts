/** What every part of a running client shares: its account, its groups in memory, and the way to save them. */
import type { Account } from '../account/account.js'
import type { Handles } from '../account/handles.js'
import type { Profiles } from '../account/profiles.js'
import type { GroupRecord } from '../groups/groupRecord.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { CredentialCheck } from '../member/groupState.js'
import type { Store } from '../store/store.js'
import type { Api } from '../api/api.js'
import type { Cursor } from '../api/caller.js'
import type { PinnedRoots } from '../trust/pinnedRoots.js'
import type { VerifyChain } from '../trust/chainVerifier.js'
import type { IsRevoked } from '../trust/revocations.js'
import type { Inbox } from './inbox.js'
import type { Locks } from './locks.js'
import type { Saver } from './saver.js'
import type { KeyPackageNeed } from './work.js'

/** Which of the homeserver's logs the groups' states are of. */
export type Log = {
  /** Undefined until an answer named one. */
  readonly current: () => string | undefined
  /** Of an answer: where its log is another one, the server was restored, and what it has may be behind the states. */
  readonly notice: (position: Cursor) => void
}

export type Engine = {
  readonly account: Account
  readonly api: Api
  /** The same, whose calls a signal of the moment ends. */
  readonly apiWithin: (signal: AbortSignal) => Api
  readonly store: Store
  readonly saver: Saver
  readonly inbox: Inbox
  readonly locks: Locks
  readonly log: Log
  readonly cipherSuite: number
  readonly groups: Map<GroupId, GroupRecord>
  readonly handles: Handles
  readonly profiles: Profiles
  readonly roots: PinnedRoots
  readonly verifyChain: VerifyChain
  /** Asked of who is to be let in or believed. Members' certificates act by removal, never by refusing a group. */
  readonly isRevoked: IsRevoked
  /** `verifyChain` as the MLS wrapper asks it. */
  readonly check: CredentialCheck
  /** Commits of our own per group since the queue was last read to its end. */
  readonly ownCommitsSinceRead: Map<GroupId, number>
  /** Files that are being sent now, by the ids of their records. */
  readonly filesUnderWay: Set<string>
  /** Reads what is in the queues now. */
  readonly drain: () => Promise<void>
  /** Asks once how far the queue was acknowledged, before anything is encrypted: an older copy of a store sends nothing. */
  readonly look: () => Promise<void>
  /** This group has something unfinished (a pending removal, a resync): to be finished soon, and once. */
  readonly settleSoon: (group: GroupId) => void
  /** The server may be running out of our KeyPackages: to be seen to soon. */
  readonly replenishSoon: (need?: KeyPackageNeed) => void
  readonly signal: AbortSignal
}
