/** A server that has only the websocket, over memory adapters: tokens are names, whatever is sent lands in the log. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { from } from 'rxjs'
import { WebSocket } from 'ws'
import { heldCursors } from '#src/api/http/request/heldCursor.js'
import { openMemoryConsumers } from '#src/adapters/memory/consumers.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { systemRandom } from '#src/adapters/system/random.js'
import type { SendMessage } from '#src/api/groups/messages.js'
import type { Principal } from '#src/api/principal.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { anyHost } from '#src/api/http/address/hosts.js'
import { knowCallers } from '#src/api/http/address/callers.js'
import { nobodyTrusted, readProxies } from '#src/api/http/address/trustedProxies.js'
import { attachWebsockets } from '#src/api/realtime/websocket.js'
import type { Websockets } from '#src/api/realtime/websocket.js'
import { serverFrame } from '#src/api/realtime/websocketFrames.js'
import { gatherAcknowledgements } from '#src/delivery/acknowledgements.js'
import type { Acknowledgements } from '#src/delivery/acknowledgements.js'
import { makeStreams } from '#src/streams/streams.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { keepOwnConsumers } from '#src/delivery/consumers.js'
import { makeDelivery } from '#src/delivery/delivery.js'
import type { Delivery } from '#src/delivery/delivery.js'
import { liveLog } from '#src/delivery/liveLog.js'
import { makeSignal } from '#src/delivery/signal.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import type { Limits, Rates } from '#src/limits/limits.js'
import type { Consumers } from '#src/ports/consumers.js'
import { groupNumber, logId, makeWorld, openSealed } from '../projections/queues/world.js'
import type { World } from '../projections/queues/world.js'

export type Frame = { readonly type: string; readonly [field: string]: unknown }
export type Talker = {
  readonly websocket: WebSocket
  readonly frames: Frame[]
  readonly closed: Promise<number>
  say(frame: object | Uint8Array): void
  /** The next frame of a type that was not asked for before. */
  hear(type: string): Promise<Frame>
}

export type ConnectOptions = {
  readonly token?: string
  readonly protocol?: string
  /** Answers no ping. */
  readonly silent?: boolean
}

export type WebsocketServer = {
  readonly world: World
  readonly url: string
  readonly principals: Map<string, Principal>
  readonly websockets: Websockets
  readonly delivery: Delivery
  readonly acknowledgements: Acknowledgements
  readonly consumers: Consumers
  readonly sent: string[]
  connect(options?: ConnectOptions): Promise<Talker>
  /** Applies the whole log to the read model. */
  level(): Promise<boolean>
  close(): Promise<void>
}

const quiet = jsonLog(
  'silent',
  () => undefined,
  () => 0,
)

export const startWebsocketServer = async (
  options: {
    readonly limits?: Partial<Limits>
    readonly rates?: Partial<Rates>
    readonly trustedProxies?: readonly string[]
    readonly consumers?: Consumers
  } = {},
): Promise<WebsocketServer> => {
  const limits = { ...limitDefaults, ...options.limits }
  const world = await makeWorld({ limits, startAt: Date.now() })
  const { events, view } = world
  const stop = new AbortController()
  const principals = new Map<string, Principal>()
  const consumers = options.consumers ?? openMemoryConsumers()
  const own = keepOwnConsumers({ consumers, process: 'p', clock: systemClock, logger: quiet })
  const streams = makeStreams({
    events,
    snapshots: openMemorySnapshots(),
    cacheBytesMax: 1e6,
    pause: () => Promise.resolve(),
  })
  const acknowledgements = gatherAcknowledgements({
    streams,
    clock: systemClock,
    process: 'p',
    overtaken: (held) => own.overtaken(held),
    failed: () => undefined,
  })
  const start = await events.head()
  const open = openSealed
  const live = liveLog({ events, open, logId, mayRepeat: false, logger: quiet }, { after: start, signal: stop.signal })
  const level = async (): Promise<boolean> => {
    while ((await world.project()) > 0);
    return true
  }
  const advanced = makeSignal(from([]), 5)
  const head = () => events.head()
  const delivery = makeDelivery({ live, start, view, head, logId, advanced, clock: systemClock, limits, logger: quiet })
  const sent: string[] = []
  const sendMessage: SendMessage = async (by, { group, message: bytes }) => {
    const text = Buffer.from(bytes).toString()
    sent.push(`${by.client.slice(-2)} ${group === undefined ? '' : group.slice(-2)} ${text}`)
    if (text === 'stale') return { rejected: { code: 'epoch-too-old', currentEpoch: '9' } }
    return { position: await world.message(group ?? groupNumber(1), 0, text), at: 5, repeated: false }
  }
  const server = createServer()
  const websockets = attachWebsockets(server, {
    view,
    level,
    heldCursor: heldCursors({ logId, head }),
    delivery,
    consumers: own,
    acknowledgements,
    authenticate: (token) =>
      Promise.resolve(principals.get(token) ?? { rejected: { code: 'not-authenticated', detail: 'unknown' } }),
    sendMessage,
    knowsSend: () => Promise.resolve(false),
    takeSignal: (_by, { group, signal }) => {
      const text = Buffer.from(signal).toString()
      if (text === 'stale') return Promise.resolve({ rejected: { code: 'wrong-epoch', currentEpoch: '9' } })
      delivery.passOn({ group, leafIndex: Number(text.split(' ')[0]), bytes: signal })
      return Promise.resolve(undefined)
    },
    rateLimiter: makeRateLimiter({ ...rateDefaults, ...options.rates }, systemClock),
    clock: systemClock,
    limits,
    logId,
    logger: quiet,
    live,
    callers: knowCallers({ ...nobodyTrusted, ...readProxies(options.trustedProxies ?? []) }, quiet),
    hosts: anyHost,
    random: systemRandom,
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/websocket`
  const loops = websockets.run(stop.signal)
  return {
    world,
    url,
    principals,
    websockets,
    delivery,
    acknowledgements,
    consumers,
    sent,
    level,
    connect: (asked = {}) => connect(url, asked),
    close: async () => {
      stop.abort()
      await loops
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const connect = async (url: string, { token, protocol, silent = false }: ConnectOptions): Promise<Talker> => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const protocols = ['mls-homeserver.1', ...(protocol === undefined ? [] : [protocol])]
  const websocket = new WebSocket(url, protocols, { headers, autoPong: !silent })
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const heard = new Map<string, number>()
  websocket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame
    if (!serverFrame.safeParse(frame).success) throw new Error(`undocumented frame ${data.toString()}`)
    frames.push(frame)
    for (const wake of waiting) wake()
  })
  const closed = new Promise<number>((resolve) => {
    websocket.on('close', (code) => {
      resolve(code)
      for (const wake of waiting) wake()
    })
  })
  await new Promise<void>((resolve, reject) => {
    websocket.on('open', resolve)
    websocket.on('error', reject)
  })
  return {
    websocket,
    frames,
    closed,
    say: (frame) => {
      websocket.send(frame instanceof Uint8Array ? frame : JSON.stringify(frame))
    },
    hear: async (type) => {
      const nth = heard.get(type) ?? 0
      heard.set(type, nth + 1)
      for (;;) {
        const found = frames.filter((frame) => frame.type === type)[nth]
        if (found !== undefined) return found
        if (websocket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${type}`)
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        })
      }
    },
  }
}
