/** Application messages until the server has them: in order, each once, encrypted anew when their epoch is too old. */
import type { GroupId } from '../../mls/wire/ids.js'
import { digestOf } from '../crypto/digest.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { encrypt } from '../member/encrypt.js'
import { epochOf, forget } from '../member/groupState.js'
import { pendingIn } from '../member/pendingProposals.js'
import { isRefusal } from '../transport/refused.js'
import { activeRecord, followPast } from './commit.js'
import { commitPending } from './commitPending.js'
import { type Outgoing, updateGroup } from './groupRecord.js'

const attemptsMax = 20

/** Resolves when the server has accepted it durably. Messages of one group go out in the order of the calls. */
export const send = (
  engine: Engine,
  group: GroupId,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<void> =>
  engine.locks.hold(`send ${group}`, async () => {
    await resend(engine, group)
    await sendOne(engine, group, plaintext, authenticatedData)
  })

/** What a crash or a lost connection left behind: the same bytes under the same keys, before anything newer. */
export const resend = async (engine: Engine, group: GroupId): Promise<void> => {
  for (const left of engine.groups.get(group)?.outgoing ?? []) {
    if (left.anew) await settle(engine, group, left)
    else if (await post(engine, group, left)) continue
    await sendOne(engine, group, left.plaintext, left.authenticatedData)
  }
}

const sendOne = async (
  engine: Engine,
  group: GroupId,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<void> => {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const outgoing = await prepare(engine, group, plaintext, authenticatedData)
    if (outgoing === undefined) await commitPending(engine, group)
    else if (await post(engine, group, outgoing)) return
  }
  throw new Error(`the epoch changed under a message ${attemptsMax} times`)
}

/** The ciphertext, saved with the state that made it; undefined while a proposal is in the way (RFC 9420 §15.2). */
const prepare = (
  engine: Engine,
  group: GroupId,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<Outgoing | undefined> =>
  engine.locks.hold(group, async () => {
    const record = activeRecord(engine, group)
    if (pendingIn(record.state).length > 0) return undefined
    const { next, message, consumed } = await encrypt(record.state, plaintext, authenticatedData)
    const digest = await digestOf(message)
    const outgoing: Outgoing = {
      idempotencyKey: randomId(),
      plaintext,
      authenticatedData,
      message,
      digest,
      anew: false,
    }
    updateGroup(engine, group, {
      state: next,
      outgoing: [...record.outgoing, outgoing],
      echoes: [...record.echoes, digest],
    })
    await engine.saver.flush()
    forget(consumed)
    return outgoing
  })

/** Whether it was accepted; false when its epoch was too old, and the group has moved on since. */
const post = async (engine: Engine, group: GroupId, outgoing: Outgoing): Promise<boolean> => {
  const before = engine.groups.get(group)?.state
  try {
    await engine.api.groups.send(outgoing.idempotencyKey, group, outgoing.message)
  } catch (error) {
    if (!isRefusal(error)) throw error
    await settle(engine, group, outgoing)
    if (!isRefusal(error, 'wrong-epoch', 'epoch-too-old')) throw error
    const { currentEpoch } = error.problem
    const current = typeof currentEpoch === 'string' ? BigInt(currentEpoch) : 0n
    if (before !== undefined && current > epochOf(before)) await followPast(engine, group, current - 1n)
    // A server behind us has another log than it had: its queue says so.
    else await engine.drain()
    return false
  }
  await settle(engine, group, outgoing)
  return true
}

/** Decided one way or the other. Not flushed: resending an accepted message changes nothing. */
const settle = (engine: Engine, group: GroupId, { idempotencyKey }: Outgoing): Promise<void> =>
  engine.locks.hold(group, () => {
    const left = engine.groups.get(group)?.outgoing ?? []
    updateGroup(engine, group, { outgoing: left.filter((other) => other.idempotencyKey !== idempotencyKey) })
    return Promise.resolve()
  })
