/**
 * Being woken while away. A client has two queues, and one of them alone is subscribed, the one that messages come by: an endpoint
 * that stood at both would tell the homeserver that they are one client's.
 */
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import type { PushTarget, PushSubscribed } from '../api/push.js'
import { loadPush, type PushRecord, savePush } from './pushRecord.js'
import { type BrowserPush, type PushReceiver, targetAt } from './pushReceiver.js'

/** The homeserver's key may change while a subscription is made for it. */
const attemptsMax = 3

/** One receiver for one client: whatever was subscribed before and is not this one is removed. */
export const enablePush = (engine: Engine, receiver: PushReceiver): Promise<PushSubscribed> =>
  engine.locks.hold('push', async () => {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const vapidKey = await vapidKeyOf(engine)
      const subscribed = await subscribeAt(engine, await targetAt(receiver, vapidKey), vapidKey)
      if (subscribed.vapidKey === vapidKey) return subscribed
    }
    throw new Error('the homeserver has another key with every look')
  })

const vapidKeyOf = async ({ api }: Engine): Promise<string> => {
  const { push } = await api.discover()
  if (push === undefined) throw new Error('this homeserver does not push')
  return push.vapidKey
}

/** As it is where nothing has changed. What the server has and the store does not know was cut off by a crash. */
const subscribeAt = async (engine: Engine, target: PushTarget, vapidKey: string): Promise<PushSubscribed> => {
  const { api, account } = engine
  const record = await loadPush(engine)
  const { subscriptions, tag } = await api.push.list(account.queue)
  const known = subscriptions.find((one) => one === record.receiver?.subscription)
  await removeAll(
    engine,
    subscriptions.filter((one) => one !== known),
  )
  if (known !== undefined && isSame(record.receiver, target, vapidKey)) return { subscription: known, vapidKey, tag }
  const subscribed = await api.push.subscribe(randomId(), account.queue, target)
  const { subscription } = subscribed
  await savePush(engine, { ...record, receiver: { ...target, subscription, vapidKey: subscribed.vapidKey } })
  if (known !== undefined) await removeAll(engine, [known])
  return { subscription, vapidKey: subscribed.vapidKey, tag: subscribed.tag }
}

const isSame = (known: PushRecord['receiver'], { endpoint, keys }: PushTarget, vapidKey: string): boolean =>
  known?.endpoint === endpoint &&
  known.keys.p256dh === keys.p256dh &&
  known.keys.auth === keys.auth &&
  known.vapidKey === vapidKey

const removeAll = async ({ api, account }: Engine, subscriptions: readonly string[]): Promise<void> => {
  for (const subscription of subscriptions) await api.push.unsubscribe(randomId(), account.queue, subscription)
}

/** The browser's own first: that works without the homeserver, which then finds that nobody is there. */
export const disablePush = (engine: Engine, manager: BrowserPush | undefined): Promise<void> =>
  engine.locks.hold('push', async () => {
    await (await manager?.getSubscription())?.unsubscribe()
    const { subscriptions } = await engine.api.push.list(engine.account.queue)
    await removeAll(engine, subscriptions)
    await savePush(engine, { ...(await loadPush(engine)), receiver: undefined })
  })

/** As the store has it: whoever enabled it keeps it so by enabling it again at each start. */
export const isPushEnabled = async (engine: Engine): Promise<boolean> => (await loadPush(engine)).receiver !== undefined
