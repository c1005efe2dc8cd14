/** What a client that came by a recovery key does first: it takes the groups, puts the lost devices out, and makes a new code. */
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { updateGroup } from '../groups/groupRecord.js'
import { resync } from '../groups/resync.js'
import { isRefusal } from '../transport/refused.js'
import { registrationKey } from './registration.js'
import { setRecovery } from './setRecovery.js'

/** In the store until all is done, so that a crash in between is made good by a second run: the approval as it was posted. */
type Recovering = { readonly approval: string }

const key = 'recovering'

export const loadRecovering = async (store: Store): Promise<Recovering | undefined> => {
  const bytes = await store.get(key)
  return bytes === undefined ? undefined : (decodeRecord(bytes) as Recovering)
}

export const saveRecovering = (store: Store, recovering: Recovering): Promise<void> =>
  store.write([{ key, value: encodeRecord(recovering) }])

/** Of one that was refused: with the client that it was for. */
export const forgetRecovering = (store: Store): Promise<void> =>
  store.write([
    { key, value: undefined },
    { key: registrationKey, value: undefined },
  ])

/** The next code, guarded by the passphrase. The groups are taken before the lost clients go: it is their leaves that let this one in. */
export const comeBack = async (engine: Engine, passphrase: string | undefined): Promise<string> => {
  for (const group of await engine.api.account.groups()) {
    if (engine.groups.get(group)?.status !== 'active') updateGroup(engine, group, { status: 'lost' })
    await resync(engine, group)
  }
  for (const client of (await engine.api.account.view()).clients)
    if (client !== engine.account.client) await engine.api.account.removeClient(randomId(), client).catch(unlessGone)
  const code = await setRecovery(engine, passphrase)
  engine.saver.remove(key)
  await engine.saver.flush()
  return code
}

const unlessGone = (error: unknown): void => {
  if (!isRefusal(error, 'no-such-client')) throw error
}
