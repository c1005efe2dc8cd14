/** Application messages until the server has them: in order, each once, encrypted anew when their epoch is too old. */
import { toBase64url } from '../../../mls/bytes/base64url.js'
import type { GroupId, UserId } from '../../../mls/wire/ids.js'
import { digestOf } from '../../crypto/digest.js'
import { randomId } from '../../crypto/random.js'
import type { Engine } from '../../engine/engine.js'
import { encrypt } from '../../member/encrypt.js'
import { confirmedTranscriptHashOf, epochOf, forget, type GroupState } from '../../member/groupState.js'
import { epochOfMessage } from '../../member/messageCodec.js'
import { pendingIn } from '../../member/pendingProposals.js'
import { isRefusal, type RefusedAs } from '../../transport/refused.js'
import { activeRecord, commit, followPast } from '../commit.js'
import { commitPending, withDue } from '../commitPending.js'
import { type Outgoing, updateGroup } from '../groupRecord.js'
import { LogChanged } from '../logChanged.js'
import { membersIn } from '../members.js'
import { lose } from '../receive.js'
import { freshen } from '../restoredCopy.js'
import { resync } from '../resync.js'
import { forgetSent, keepSent } from './sent.js'

const attemptsMax = 20

/**
 * Resolves when the server has accepted it durably. Messages of one group go out in the order of the calls. Throws LogChanged
 * when the server has another log than the one that the group's state is of. `alongside` changes what is saved with the message.
 */
export const send = (
  engine: Engine,
  group: GroupId,
  said: Said,
  alongside: () => void = () => undefined,
): Promise<void> =>
  engine.locks.hold(`send ${group}`, async () => {
    await engine.look()
    await freshen(engine, group)
    await resend(engine, group)
    await sendOne(engine, group, said, alongside)
  })

/** What a crash or a lost connection left behind: the same bytes under the same keys, before anything newer. */
export const resend = async (engine: Engine, group: GroupId): Promise<void> => {
  for (const left of engine.groups.get(group)?.outgoing ?? []) {
    const outcome = left.anew ? 'again' : await post(engine, group, left)
    // Nobody waits for its outcome any more: it stays, to be sent anew once the group is in step with the new log.
    if (outcome === 'otherLog') throw new LogChanged(group)
    if (outcome === 'accepted') continue
    await settle(engine, group, left)
    await sendOne(engine, group, left)
  }
}

const sendOne = async (
  engine: Engine,
  group: GroupId,
  said: Said,
  alongside: () => void = () => undefined,
): Promise<void> => {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (said.to !== undefined && hasTargetedEnough(activeRecord(engine, group))) await freshKeys(engine, group)
    const outgoing = await prepare(engine, group, said, alongside)
    if (outgoing === undefined) {
      await commitPending(engine, group)
      continue
    }
    const outcome = await post(engine, group, outgoing)
    if (outcome === 'accepted') return
    await settle(engine, group, outgoing)
    if (outcome === 'otherLog') throw new LogChanged(group)
  }
  throw new Error(`the epoch changed under a message ${attemptsMax} times`)
}

/** `authenticatedData` marks messages of the SDK's own; of what an application says it is a tag, or empty. */
export type Said = Pick<Outgoing, 'plaintext' | 'authenticatedData' | 'to' | 'urgency'>

/** A message of the SDK's own, that nobody is to be woken by. */
export const silently = (plaintext: Uint8Array, authenticatedData: Uint8Array): Said => ({
  plaintext,
  authenticatedData,
  urgency: 'silent',
})

/** As many as a homeserver takes by default, and some implementations can step over. */
const targetedPerEpochMax = 500
/** As many as one message may be for by default. */
const targetsMax = 50

type ActiveRecord = ReturnType<typeof activeRecord>

const targetedNow = ({ targeted, state }: ActiveRecord): number =>
  targeted?.epoch === String(epochOf(state)) ? targeted.count : 0

const hasTargetedEnough = (record: ActiveRecord): boolean => targetedNow(record) >= targetedPerEpochMax

/** Each generation of this epoch would be one more for the others to step over: in the next one they begin anew. */
const freshKeys = async (engine: Engine, group: GroupId): Promise<void> => {
  await commit(engine, group, async (state, record) =>
    hasTargetedEnough({ ...record, state }) ? withDue(state, record, {}) : undefined,
  )
}

/** Every client of these users, and of this one: what it sends comes back to it. */
const targetsIn = (engine: Engine, state: GroupState, to: readonly UserId[]): readonly number[] => {
  const wanted = new Set<UserId>([...to, engine.account.user])
  const leaves = membersIn(state).flatMap(({ user, leafIndex }) => (wanted.has(user) ? [leafIndex] : []))
  if (leaves.length <= targetsMax) return leaves
  throw new RangeError(
    `send: these users have ${leaves.length} clients here, and one message is for ${targetsMax} at most`,
  )
}

/** The ciphertext, saved with the state that made it; undefined while a proposal is in the way (RFC 9420 §15.2). */
const prepare = (
  engine: Engine,
  group: GroupId,
  { plaintext, authenticatedData, to, urgency }: Said,
  alongside: () => void,
): Promise<Outgoing | undefined> =>
  engine.locks.hold(group, async () => {
    const record = activeRecord(engine, group)
    if (pendingIn(record.state).length > 0) return undefined
    const { next, message, consumed } = await encrypt(record.state, plaintext, authenticatedData)
    const outgoing: Outgoing = {
      idempotencyKey: randomId(),
      plaintext,
      authenticatedData,
      ...(urgency === undefined ? {} : { urgency }),
      ...(to === undefined ? {} : { to, targets: targetsIn(engine, record.state, to) }),
      message,
      digest: await digestOf(message),
      transcript: toBase64url(confirmedTranscriptHashOf(record.state)),
      log: engine.log.current(),
      anew: false,
    }
    updateGroup(engine, group, {
      state: next,
      outgoing: [...record.outgoing, outgoing],
      echoes: [...record.echoes, outgoing.digest],
      ...(to === undefined
        ? {}
        : { targeted: { epoch: String(epochOf(record.state)), count: targetedNow(record) + 1 } }),
    })
    keepSent(engine, group, outgoing)
    alongside()
    await engine.saver.flush()
    forget(consumed)
    return outgoing
  })

/** again: its epoch was too old, and the group has moved on since. otherLog: the answer is none to what was asked. */
type Outcome = 'accepted' | 'again' | 'otherLog'

const post = async (engine: Engine, group: GroupId, outgoing: Outgoing): Promise<Outcome> => {
  const before = engine.groups.get(group)?.state
  try {
    await engine.api.groups.send(outgoing.idempotencyKey, group, outgoing)
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (!isRefusal(error, 'wrong-epoch', 'epoch-too-old')) {
      await settle(engine, group, outgoing)
      throw error
    }
    await catchUp(engine, group, before === undefined ? undefined : epochOf(before), error)
    if (isOfOtherLog(engine, outgoing)) return 'otherLog'
    await mend(engine, group, outgoing)
    return 'again'
  }
  if (isOfOtherLog(engine, outgoing)) return 'otherLog'
  await engine.locks.hold(group, () => {
    drop(engine, group, outgoing)
    return Promise.resolve()
  })
  return 'accepted'
}

const isOfOtherLog = ({ log }: Engine, outgoing: Outgoing): boolean =>
  outgoing.log !== undefined && outgoing.log !== log.current()

const catchUp = async (
  engine: Engine,
  group: GroupId,
  epoch: bigint | undefined,
  { problem: { currentEpoch } }: RefusedAs<'wrong-epoch' | 'epoch-too-old'>,
): Promise<void> => {
  const current = typeof currentEpoch === 'string' ? BigInt(currentEpoch) : 0n
  if (epoch !== undefined && current > epoch) await followPast(engine, group, current - 1n)
  // A server behind us has another log than it had: its queue says so.
  else await engine.drain()
}

/** The server's epoch of this number is another one than ours, and nothing in the queue leads there. */
const mend = async (engine: Engine, group: GroupId, { message }: Outgoing): Promise<void> => {
  const record = engine.groups.get(group)
  if (record?.status !== 'active' || record.state === undefined) return
  if (epochOf(record.state) !== epochOfMessage(message)) return
  await engine.locks.hold(group, () => {
    lose(engine, group, 'the epoch is another one than the homeserver has')
    return engine.saver.flush()
  })
  await resync(engine, group)
}

/** Decided, and whoever sent it hears so. Not flushed: resending an accepted message changes nothing. */
const settle = (engine: Engine, group: GroupId, outgoing: Outgoing): Promise<void> =>
  engine.locks.hold(group, () => {
    drop(engine, group, outgoing)
    forgetSent(engine, group, outgoing.digest)
    return Promise.resolve()
  })

const drop = (engine: Engine, group: GroupId, { idempotencyKey }: Outgoing): void => {
  const left = engine.groups.get(group)?.outgoing ?? []
  updateGroup(engine, group, { outgoing: left.filter((other) => other.idempotencyKey !== idempotencyKey) })
}
