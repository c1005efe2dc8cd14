/** A Commit of a client of ours, with its Welcome and GroupInfo, for a group whose hub is elsewhere. */
import type { By } from '../../commands/group/access.js'
import { lookAtForwardedCommit, stageForwardedCommit } from '../../commands/group/followed/forwarding.js'
import type { LeafPolicy } from '../../commands/group/leaves.js'
import type { ActiveGroup, Group } from '../../commands/group/fold/state.js'
import type { ProblemCode } from '../../contract/problems.js'
import { groupStream } from '../../events/group.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { encodeTree } from '../../mls/group/publicGroup.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { CommitBundle } from '../../mls/wire/mlsMessage.js'
import type { EventStore } from '../../ports/eventStore.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { CommandReply } from '../http/route.js'
import { replyElsewhere } from './elsewhere.js'
import type { Elsewhere } from './elsewhere.js'
import { rejectionOfHub } from './hubRefusal.js'
import { isBehind, recordOf } from './recordOf.js'
import { winnerSoon } from './winnerSoon.js'

export type ForwardedCommit = {
  readonly by: By
  readonly group: GroupId
  readonly bundle: CommitBundle
  readonly command: { readonly id: string; readonly at: number }
  /** What its leaves are held against, those of what is pending among them. */
  readonly policy: (group: ActiveGroup) => Promise<LeafPolicy | Rejected>
  /** All of it is checked that can be here, and nothing sent. */
  readonly isDry: boolean
}

type Dependencies = Elsewhere & { readonly streams: Streams; readonly events: Pick<EventStore, 'readStream'> }

/** Throws PeerAway, PeerNotAsked, and what the store throws. */
export const forwardCommit = async (
  deps: Dependencies,
  asked: ForwardedCommit,
  allowed: readonly ProblemCode[],
): Promise<CommandReply> => {
  const { by, group, bundle, command } = asked
  const { epoch } = bundle.commit.content
  const begun = { epoch: String(epoch + 1n) }
  const state = await recordOf(deps, group, by, epoch)
  const looked = lookAtForwardedCommit(state, by, bundle.commit)
  if ('rejected' in looked) {
    if (isBehind(state, by, epoch)) return reject({ code: 'read-model-behind' })
    const known = looked.rejected.code === 'wrong-epoch' ? await recordedAlready(deps, state, bundle) : undefined
    return known === undefined ? looked : replyElsewhere(known, begun)
  }
  const policy = await asked.policy(looked)
  const staged = 'rejected' in policy ? policy : stageForwardedCommit(looked, by, bundle.commit, policy)
  if ('rejected' in staged) return staged
  if (asked.isDry) return replyElsewhere({ accepted: undefined, at: command.at }, begun)
  const heard = await deps.others.update({
    type: 'commit',
    group,
    commit: bundle.commitBytes,
    welcome: bundle.welcomeBytes,
    groupInfo: bundle.groupInfoBytes,
    ratchetTree: encodeTree(staged.next),
    key: command.id,
  })
  if ('refused' in heard) return winnerSoon(deps, group, epoch, rejectionOfHub(heard, allowed, 'commit'))
  return replyElsewhere(heard, begun)
}

/** The answer to it was lost, and it has come back since: it is the Commit that ended its epoch. */
const recordedAlready = async (
  { events }: Dependencies,
  state: Group,
  { commit, commitBytes }: CommitBundle,
): Promise<{ readonly accepted: string | undefined; readonly at: number } | undefined> => {
  if (state.status !== 'active') return undefined
  const winner = state.recent.find(({ epoch }) => epoch === commit.content.epoch + 1n)
  if (winner?.commit !== toBase64url(commitBytes)) return undefined
  const [stored] = await events.readStream(groupStream(state.group), { from: winner.revision, limit: 1 })
  return stored === undefined ? undefined : { accepted: stored.meta.cause, at: stored.meta.at }
}
