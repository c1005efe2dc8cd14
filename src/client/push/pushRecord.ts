/** What the store knows of this client's pushes: where they go, and what of each group wakes it. */
import type { PushPolicies, PushTarget, PushSubscribed } from '../api/push.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Engine } from '../engine/engine.js'

export type PushRecord = {
  /** Undefined while it is not woken. */
  readonly receiver: (PushTarget & Omit<PushSubscribed, 'tag'>) | undefined
  readonly policies: PushPolicies
}

const key = 'push'
const none: PushRecord = { receiver: undefined, policies: { default: 'all', groups: {} } }

export const loadPush = async ({ store }: Pick<Engine, 'store'>): Promise<PushRecord> => {
  const bytes = await store.get(key)
  return bytes === undefined ? none : (decodeRecord(bytes) as PushRecord)
}

export const savePush = async ({ saver }: Pick<Engine, 'saver'>, record: PushRecord): Promise<void> => {
  saver.put(key, () => encodeRecord(record))
  await saver.flush()
}
