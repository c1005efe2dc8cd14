/** A Commit until it holds: staged, saved, posted as often as needed, built anew when another Commit won the epoch. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { digestOf } from '../crypto/digest.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import type { Member } from '../events.js'
import { epochOf, forget, type GroupState } from '../member/groupState.js'
import { adopt, type StagedCommit } from '../member/stageOwnCommit.js'
import { isRefusal, type Refused } from '../transport/refused.js'
import { wait } from '../transport/wait.js'
import { LogChanged } from './logChanged.js'
import { NotInGroup } from './notInGroup.js'
import { type GroupRecord, type PendingCommit, updateGroup } from './groupRecord.js'
import { membersIn } from './members.js'

/** What to commit, seen from the state of the moment; undefined when there is nothing (any more). */
export type Stage = (state: GroupState, record: GroupRecord) => Promise<StagedCommit | undefined>

const attemptsMax = 50
/** Messages that wait in the queue can be read for five epochs (groupState.ts): it is read before Commits of ours leave them behind. */
const ownCommitsSinceReadMax = 3

/** Returns whether a Commit was made. Commits of one group go one after another. */
export const commit = (engine: Engine, group: GroupId, stage: Stage): Promise<boolean> =>
  engine.locks.hold(`commit ${group}`, async () => {
    await engine.look()
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      await settlePending(engine, group)
      // The state at hand is mostly the newest; where it is not, the server says so and the winner is processed first.
      if (attempt > 0 || (engine.ownCommitsSinceRead.get(group) ?? 0) >= ownCommitsSinceReadMax) await engine.drain()
      const staged = await stagePending(engine, group, stage)
      if (!staged) return false
      if (await settlePending(engine, group)) return true
    }
    throw new Error(`${attemptsMax} Commits lost their epoch one after another`)
  })

const stagePending = (engine: Engine, group: GroupId, stage: Stage): Promise<boolean> =>
  engine.locks.hold(group, async () => {
    const record = activeRecord(engine, group)
    const staged = await stage(record.state, record)
    if (staged === undefined) return false
    updateGroup(engine, group, { pending: await pendingOf(staged, undefined) })
    await engine.saver.flush()
    return true
  })

export const pendingOf = async (
  { next, commit: bytes, welcome, groupInfo, consumed }: StagedCommit,
  external: PendingCommit['external'],
): Promise<PendingCommit> => ({
  idempotencyKey: randomId(),
  bundle: { commit: bytes, welcome, groupInfo },
  digest: await digestOf(bytes),
  external,
  next,
  consumed,
})

export const activeRecord = (engine: Engine, group: GroupId): GroupRecord & { readonly state: GroupState } => {
  const record = engine.groups.get(group)
  if (record?.status !== 'active' || record.state === undefined) throw new NotInGroup(group, record?.status)
  return { ...record, state: record.state }
}

/**
 * Posts the pending Commit, the same bytes under the same key as before. Returns whether it was accepted; when the epoch was lost,
 * it waits until the winner has been processed.
 */
export const settlePending = async (engine: Engine, group: GroupId): Promise<boolean> => {
  const pending = engine.groups.get(group)?.pending
  if (pending === undefined) return false
  // Before it is posted: the winner may come by the queue sooner than the refusal, and there is no second one to wait for.
  const from = engine.groups.get(group)?.state
  const log = engine.log.current()
  try {
    await engine.api.groups.commit(pending.idempotencyKey, group, pending.bundle)
  } catch (error) {
    if (!isRefusal(error)) throw error
    return handleRefusal(engine, group, pending, error, from)
  }
  // The new log took it for what the old one had: all states are being had again.
  if (log !== undefined && engine.log.current() !== log) throw new LogChanged(group)
  await engine.locks.hold(group, async () => {
    adoptPending(engine, group, pending.digest)
    await engine.saver.flush()
  })
  return true
}

const handleRefusal = async (
  engine: Engine,
  group: GroupId,
  pending: PendingCommit,
  refused: Refused,
  from: GroupState | undefined,
): Promise<boolean> => {
  const accepted = await engine.locks.hold(group, async () => {
    if (isWinner(pending, refused)) adoptPending(engine, group, pending.digest)
    const record = engine.groups.get(group)
    if (record?.echoes.includes(pending.digest) === true) return true
    if (record?.pending?.digest === pending.digest) dropPending(engine, group, refused)
    await engine.saver.flush()
    return false
  })
  if (accepted) return true
  if (refused.code === 'wrong-epoch' && from !== undefined && pending.external === undefined)
    await followPast(engine, group, epochOf(from))
  if (refused.code === 'wrong-epoch' || refused.code === 'commit-missing-proposals') return false
  throw refused
}

/** The answer was lost for longer than the server keeps keys: the Commit that won the epoch is this very one. */
const isWinner = ({ bundle }: PendingCommit, refused: Refused): boolean =>
  refused.code === 'wrong-epoch' && refused.problem.winningCommit === toBase64url(bundle.commit)

const dropPending = (engine: Engine, group: GroupId, refused: Refused): void => {
  const required = engine.groups.get(group)?.required ?? []
  updateGroup(engine, group, { pending: undefined, required: [...new Set([...required, ...leavesIn(refused)])] })
}

/** Of a server that does not say what it should: none. */
const leavesIn = (refused: Refused): readonly number[] => {
  const leaves: unknown = refused.code === 'commit-missing-proposals' ? refused.problem.leaves : []
  return Array.isArray(leaves) ? leaves.filter((leaf) => typeof leaf === 'number') : []
}

/** Makes the accepted Commit's state the group's; again is harmless. The caller holds the group. */
export const adoptPending = (engine: Engine, group: GroupId, digest: string): boolean => {
  const record = engine.groups.get(group)
  if (record?.pending?.digest !== digest) return false
  const { pending } = record
  const isNew = record.state === undefined || pending.external !== undefined
  const state = isNew ? pending.next : adopt(record.state, pending.next)
  updateGroup(engine, group, {
    status: 'active',
    state,
    pending: undefined,
    stale: false,
    required: [],
    echoes: [...record.echoes, digest],
  })
  forget(pending.consumed)
  engine.ownCommitsSinceRead.set(group, (engine.ownCommitsSinceRead.get(group) ?? 0) + 1)
  if (pending.external === undefined && record.state !== undefined) tellChanges(engine, group, record.state, state)
  tellRejoined(engine, group, pending)
  return true
}

/** Our own Commit changes the members too, and may do so unasked (commitPending.ts). */
const tellChanges = ({ inbox, account }: Engine, group: GroupId, before: GroupState, after: GroupState): void => {
  const missingIn = (state: GroupState, others: GroupState): readonly Member[] => {
    const known = new Set(membersIn(others).map(({ client, leafIndex }) => `${client} ${leafIndex}`))
    return membersIn(state).flatMap(({ user, client, leafIndex }) =>
      known.has(`${client} ${leafIndex}`) ? [] : [{ user, client }],
    )
  }
  const added = missingIn(after, before)
  const removed = missingIn(before, after)
  if (added.length + removed.length === 0) return
  inbox.push({ type: 'membersChanged', group, by: { user: account.user, client: account.client }, added, removed })
}

const tellRejoined = ({ inbox }: Engine, group: GroupId, { external, next }: PendingCommit): void => {
  if (external === 'resync') inbox.push({ type: 'resynced', group })
  if (external !== 'join') return
  inbox.push({ type: 'joined', group, members: membersIn(next).map(({ user, client }) => ({ user, client })) })
}

const followTimeoutMs = 30_000

/** Waits until the winner of an epoch has come by the queue and been processed. */
export const followPast = async (engine: Engine, group: GroupId, epoch: bigint): Promise<void> => {
  const deadline = Date.now() + followTimeoutMs
  for (let attempt = 0; ; attempt++) {
    await engine.drain()
    const record = engine.groups.get(group)
    if (record?.status !== 'active' || record.state === undefined || epochOf(record.state) > epoch) return
    if (Date.now() > deadline) throw new Error(`the Commit that ended epoch ${String(epoch)} does not arrive`)
    await wait(Math.min(20 * 2 ** attempt, 500), engine.signal)
  }
}
