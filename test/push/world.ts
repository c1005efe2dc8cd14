/** A log with groups in it, subscribers who are away, and a push worker: time is moved by hand, push services answer as a test wants. */
import { createECDH, randomBytes } from 'node:crypto'
import { openMemoryCheckpoints } from '#src/adapters/memory/checkpoints.js'
import { openMemoryConsumers } from '#src/adapters/memory/consumers.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { pushStream } from '#src/events/push.js'
import type { PushPolicy } from '#src/events/push.js'
import { messagesStream } from '#src/events/messages.js'
import { markOf, sealTarget } from '#src/events/form/sealedSubscription.js'
import type { GroupId, QueueId } from '#src/mls/wire/ids.js'
import type { VapidPair } from '#src/ports/keys.js'
import type { Outbound, OutboundAnswer } from '#src/ports/outbound.js'
import { origin } from '#src/ports/position.js'
import type { ReadModel, ReadModels } from '#src/ports/readModels.js'
import { recipientsIn } from '#src/projections/queues/recipients.js'
import { toldCheckpoint } from '#src/push/ledger.js'
import { onlineBy } from '#src/push/online.js'
import { pushSchema } from '#src/push/schema.js'
import { makePushWorker } from '#src/push/worker.js'
import type { PushWorker, PushWorkerDependencies } from '#src/push/worker.js'
import { handClock } from '../adapters/eventStoreDB/handClock.js'
import { groupNumber, leaf, logId, makeWorld, openSealed, queueNumber } from '../projections/queues/world.js'
import { newReceiver } from '../support/pushReceiver.js'
import type { Received } from '../support/pushReceiver.js'
import { silentLogger } from '../support/silentLogger.js'

export const pushKey = new Uint8Array(32).fill(7)
export const contact = 'mailto:operator@example.org'

/** Made of a scalar of 32 bytes: of one that Node makes it gives back no zeros in front, which one in 256 has. */
export const newVapidKey = (): VapidPair => {
  const pair = createECDH('prime256v1')
  const privateKey = new Uint8Array(randomBytes(32))
  pair.setPrivateKey(privateKey)
  return { publicKey: new Uint8Array(pair.getPublicKey()), privateKey }
}
const named = ({ publicKey }: VapidPair): string => Buffer.from(publicKey).toString('base64url')

/** A status, an answer, or whatever becomes of the request. */
export type Answering = number | OutboundAnswer | ((signal: AbortSignal | undefined) => Promise<OutboundAnswer>)

export const status = (code: number, headers: OutboundAnswer['headers'] = {}): OutboundAnswer => ({
  status: code,
  headers,
  body: new Uint8Array(),
})

export type Phone = {
  readonly queue: QueueId
  readonly subscription: string
  readonly pushes: readonly Received[]
  readonly answers: (how: Answering) => void
  /** Resolves once it was asked so often, whatever the answer. */
  readonly asked: (times: number) => Promise<void>
}

/** `readModels`: where the rows are kept. */
export const pushWorld = async (readModels: Pick<ReadModels, 'open'> = openMemoryReadModels()) => {
  const world = await makeWorld()
  const clock = handClock(1_000_000)
  const vapidKeys = [newVapidKey(), newVapidKey()]
  const checkpoints = openMemoryCheckpoints()
  const leases = openMemoryLeases({ now: () => clock.now() })
  const consumers = openMemoryConsumers()
  const services = new Map<
    string,
    (headers: Record<string, string>, body: Uint8Array, signal?: AbortSignal) => Promise<OutboundAnswer>
  >()
  const outbound: Pick<Outbound, 'request'> = {
    request: (url, { headers = {}, body = new Uint8Array(), signal, bytesMax, timeoutMs }) => {
      bounds.push({ bytesMax, timeoutMs })
      const service = services.get(url)
      if (service === undefined) throw new Error(`nobody is at ${url}`)
      return service(headers, body, signal)
    },
  }
  const bounds: { readonly bytesMax: number; readonly timeoutMs: number }[] = []
  const removed: string[] = []
  let phones = 0
  let subscriptions = 0

  const append = async (...[stream, event]: Parameters<typeof world.append>) =>
    world.append(stream, event, { at: clock.now() })

  const subscribe = async (queue: QueueId, vapid: VapidPair = vapidKeys[1]!): Promise<Phone> => {
    const receiver = newReceiver()
    const endpoint = `https://push.example.net/${phones++}`
    const pushes: Received[] = []
    const waiting: { readonly times: number; readonly resolve: () => void }[] = []
    let how: Answering = 201
    let asked = 0
    services.set(endpoint, async (headers, body, signal) => {
      pushes.push(receiver.open({ endpoint, headers, body, vapidKey: named(vapid) }))
      asked++
      for (const { times, resolve } of waiting) if (asked >= times) resolve()
      return typeof how === 'number' ? status(how) : typeof how === 'function' ? how(signal) : how
    })
    const subscription = `phone${subscriptions++}`.padEnd(22, 'A')
    const target = { endpoint, ...receiver.keys }
    const sealed = sealTarget(pushKey, queue, randomBytes(12), target)
    const mark = markOf(pushKey, queue, endpoint)
    await append(pushStream(queue), {
      type: 'PushSubscribed',
      data: { queue, subscription, sealed, mark, vapidKey: named(vapid) },
    })
    return {
      ...{ queue, subscription, pushes },
      answers: (next) => {
        how = next
      },
      asked: (times) =>
        new Promise((resolve) => {
          if (asked >= times) resolve()
          else waiting.push({ times, resolve })
        }),
    }
  }

  const unsubscribe = async (queue: QueueId, subscription: string): Promise<void> => {
    removed.push(subscription)
    await append(pushStream(queue), { type: 'PushUnsubscribed', data: { queue, subscription, reason: 'gone' } })
  }

  /** A group of these queues, at the leaves in their order. */
  const groupOf = async (group: GroupId, queues: readonly QueueId[]): Promise<void> => {
    for (const queue of queues) await world.createQueue(queue)
    await world.createGroup(group, queues[0])
    const added = queues.slice(1).map((queue, at) => ({ ...leaf(at + 1, queue), keyPackageRef: 'AAAA' }))
    await world.commit(group, 1, { added })
  }

  type Words = { readonly urgency?: 'urgent' | 'silent'; readonly targets?: number[] }
  const say = (group: GroupId, words: Words = {}) =>
    append(messagesStream(group), { type: 'MessageAccepted', data: { group, epoch: '1', message: 'AAAA', ...words } })

  const acknowledge = (queue: QueueId, upTo: number) =>
    append('acknowledgements-all', { type: 'QueuesAcknowledged', data: { queues: { [queue]: upTo } } })

  const policy = (queue: QueueId, by: PushPolicy, groups: Record<string, PushPolicy> = {}) =>
    append(pushStream(queue), { type: 'PushPolicyChanged', data: { queue, default: by, groups } })

  /** All pushes are let through at once unless a rate is given; `model`: of another read model than the one that lasts. */
  const start = async (
    more: Partial<PushWorkerDependencies> = {},
    holder = 'one',
    model?: ReadModel,
  ): Promise<PushWorker & { readonly stop: () => Promise<void> }> => {
    const worker = makePushWorker({
      ...{ leases, clock, logger: silentLogger, holder, events: world.events, checkpoints, logId },
      model: model ?? (await readModels.open(pushSchema, logId)),
      recipients: recipientsIn(world.model),
      reached: async (position) => {
        while ((await world.model.checkpoint()) < position) await world.project()
        return true
      },
      open: openSealed,
      online: onlineBy({ consumers, holder, lives: () => Promise.resolve(false) }),
      ...{
        outbound,
        pushKey,
        vapidKeys: () => vapidKeys,
        contact: () => contact,
        remove: unsubscribe,
        random: systemRandom,
      },
      rate: () => 'off',
      ...more,
    })
    const stopping = new AbortController()
    const running = worker.run(stopping.signal)
    // What stands in the log when rows are begun wakes nobody.
    while ((await checkpoints.load(toldCheckpoint, logId)) === origin) await new Promise(setImmediate)
    return {
      ...worker,
      stop: async () => {
        stopping.abort()
        await running
      },
    }
  }

  /** A stranger who is woken by what comes next: what stands before that in the log was decided by then. */
  let strangers = 100
  const decided = async (): Promise<void> => {
    const number = strangers++
    const phone = await subscribe(queueNumber(number))
    await groupOf(groupNumber(number), [queueNumber(number)])
    await say(groupNumber(number))
    await phone.asked(1)
  }

  /** Lets time pass; what became due by then has been begun. */
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await decided()
  }

  return {
    ...{ world, clock, vapidKeys, readModels, checkpoints, leases, consumers, removed, outbound, bounds },
    ...{ append, subscribe, unsubscribe, groupOf, say, acknowledge, policy, start, decided, pass },
  }
}
