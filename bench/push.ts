/** Pushes: how soon a push service is asked after a message was accepted, and one message to 10,000 who are away. */
import { createECDH, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openKeys } from '#src/adapters/keys/directory.js'
import { pushStream } from '#src/events/push.js'
import { markOf, sealTarget } from '#src/events/form/sealedSubscription.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import { withNamesInLog } from '#src/streams/namesInLog.js'
import { cpuMs, domain, median, openSender, perSecond, startServer, stop } from './delivery/server.js'
import type { Server } from './delivery/server.js'
import { settle } from './delivery/town.js'
import type { Hamlet, Town } from './delivery/town.js'

const pairs = 100
const groupMembers = 1_001
const groups = 10

export const bench = {
  name: 'push',
  run: async (): Promise<void> => {
    const service = await openService()
    const dataDir = mkdtempSync(join(tmpdir(), 'homeserver-bench-'))
    const environment = { ...process.env, PUSH_HOSTS: service.host }
    try {
      await stop(await startServer(dataDir, environment))
      const town = await settle(dataDir, domain, [
        ...Array<number>(pairs).fill(2),
        ...Array<number>(groups).fill(groupMembers),
      ])
      await subscribeAll(dataDir, town.hamlets, service.host)
      const server = await startServer(dataDir, environment)
      const [few, many] = [town.hamlets.slice(0, pairs), town.hamlets.slice(pairs)]
      console.table([await oneAfterAnother(server, town, few, service)])
      console.table([await toAll(server, town, many, service)])
      await stop(server)
    } finally {
      await service.close()
      rmSync(dataDir, { recursive: true, force: true })
    }
  },
}

/** A push service that counts. */
const openService = async () => {
  let heard: () => void = () => undefined
  let pushes = 0
  const server = createServer((request, response) => {
    pushes++
    heard()
    request.resume().on('end', () => response.writeHead(201).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    /** Resolves once there were so many more. */
    asked: (more: number): Promise<void> => {
      const due = pushes + more
      return new Promise((resolve) => {
        heard = () => {
          if (pushes >= due) resolve()
        }
      })
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
type Service = Awaited<ReturnType<typeof openService>>

/** Written straight into the log, as the town was: each queue but a group's first has one receiver. */
const subscribeAll = async (dataDir: string, hamlets: readonly Hamlet[], host: string): Promise<void> => {
  const keys = await openKeys(join(dataDir, 'keys'))
  const vapid = keys?.server.vapidKeys.at(-1)
  if (keys === undefined || vapid === undefined) throw new Error('no server has run here')
  const { pushKey } = keys.server
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  const receiver = { p256dh: pair.getPublicKey('base64url'), auth: randomBytes(16).toString('base64url') }
  const events = withNamesInLog(await openEmbeddedEventStore({ directory: dataDir }))
  const subscribe = async (queue: QueueId): Promise<void> => {
    const endpoint = `http://${host}/${randomBytes(8).toString('hex')}`
    const sealed = sealTarget(pushKey, queue, randomBytes(12), { endpoint, ...receiver })
    const mark = markOf(pushKey, queue, endpoint)
    const subscription = randomBytes(16).toString('base64url')
    const data = { queue, subscription, sealed, mark, vapidKey: toBase64url(vapid.publicKey) }
    const meta = { v: 1, at: Date.now(), command: randomUUID(), bodyHash: '' }
    await events.append(pushStream(queue), [{ id: randomUUID(), type: 'PushSubscribed', data, meta }], 'any')
  }
  await Promise.all(hamlets.flatMap(({ queues }) => queues.slice(1)).map(subscribe))
  await events.close()
}

/** Each to another pair: a queue is woken once until it acknowledges. */
const oneAfterAnother = async (server: Server, town: Town, hamlets: readonly Hamlet[], service: Service) => {
  const latencies: number[] = []
  for (const hamlet of hamlets) {
    let heard: () => void = () => undefined
    const accepted = new Promise<number>((resolve) => {
      heard = () => {
        resolve(performance.now())
      }
    })
    const sender = await openSender(server, town, hamlet, heard)
    const asked = service.asked(1).then(() => performance.now())
    sender.send()
    latencies.push(Math.max(0, (await asked) - (await accepted)))
    sender.close()
  }
  const sorted = [...latencies].sort((a, b) => a - b)
  return {
    job: `${hamlets.length} messages, one after another`,
    'accepted until the push service is asked, p50': `${median(latencies).toFixed(1)} ms`,
    p95: `${(sorted[Math.floor(sorted.length * 0.95)] ?? 0).toFixed(1)} ms`,
  }
}

const toAll = async (server: Server, town: Town, hamlets: readonly Hamlet[], service: Service) => {
  const subscribers = hamlets.reduce((sum, { queues }) => sum + queues.length - 1, 0)
  const senders = await Promise.all(hamlets.map((hamlet) => openSender(server, town, hamlet, () => undefined)))
  const before = { cpu: cpuMs(server), mib: residentMiB(server) }
  const asked = service.asked(subscribers)
  let peak = before.mib
  const looking = setInterval(() => (peak = Math.max(peak, residentMiB(server))), 100)
  const began = performance.now()
  for (const { send } of senders) send()
  await asked
  const ms = performance.now() - began
  clearInterval(looking)
  for (const { close } of senders) close()
  return {
    job: `one message to each of ${hamlets.length} groups, ${subscribers} subscriptions`,
    pushes: perSecond(subscribers, ms),
    'server CPU for each': `${((cpuMs(server) - before.cpu) / subscribers).toFixed(2)} ms`,
    'memory before': `${before.mib} MiB`,
    'at most': `${peak} MiB`,
  }
}

const residentMiB = ({ pid }: Server): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)
