/** The HTTP server: routes, operations and websockets behind one port, metrics behind another when asked. */
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import express from 'express'
import { assemble, finish } from './api/assemble.js'
import { attachWebsockets } from './api/websocket.js'
import type { Websockets } from './api/websocket.js'
import { asyncapi } from './api/websocketDocument.js'
import { makeMetrics } from './api/metrics.js'
import type { ProjectionMetric } from './api/metrics.js'
import { mountOperations, serveMetrics } from './api/operations.js'
import type { Readiness } from './api/operations.js'
import type { ServedDelivery } from './composeDelivery.js'
import { bind } from './composeListener.js'
import type { Listener } from './composeListener.js'
import type { FrontDoor, Rooms } from './composeRoutes.js'
import type { Config } from './config.js'
import type { Claims } from './delivery/claims.js'
import type { Log } from './ports/log.js'

export type Http = { readonly url: string; readonly server: Server; readonly close: () => Promise<void> }

/** The suites whose clients the server vouches for and whose groups it follows. */
const cipherSuites = [1, 2, 3, 7] as const

/** api.md: ready means every projection at most so far behind. */
const lagMsMax = 5_000
const drainMs = 5_000

export const listen = async (
  config: Config,
  rooms: Rooms &
    FrontDoor &
    ServedDelivery & {
      readonly claims: Claims
      readonly listener: Listener
      readonly log: Log
      readonly version: string
    },
): Promise<Http> => {
  const { log } = rooms
  const { server, serve } = rooms.listener
  const sockets: { attached?: Websockets } = {}
  const metrics = makeMetrics({
    projections: () => inTime(rooms, projectionMetrics(rooms), []),
    websockets: () => sockets.attached?.count() ?? 0,
    delivered: () => rooms.delivery.counts().delivered,
    passedOver: () => rooms.events.passedOver?.() ?? 0,
  })
  const app = assemble({
    ...rooms,
    authenticate: (token) => rooms.authentication.authenticate(token),
    reached: rooms.readModels.reached,
    trustedProxies: config.trustedProxies,
    observe: metrics.observe,
  })
  mountOperations(app, {
    ...rooms,
    rates: config.rates,
    cipherSuites,
    asyncapi: () => asyncapi({ url: rooms.publicUrl(), version: rooms.version }),
    readiness: () => inTime(rooms, readinessOf(rooms), tooLate),
    registry: metrics.registry,
    metricsHere: config.metricsPort === undefined,
    authenticate: (token) => rooms.authentication.authenticate(token),
    trustedProxies: config.trustedProxies,
  })
  finish(app, { log })
  const websockets = attachWebsockets(server, {
    ...rooms,
    view: rooms.readModels.queues,
    level: rooms.readModels.level,
    authenticate: (token) => rooms.authentication.authenticate(token),
    trustedProxies: config.trustedProxies,
  })
  sockets.attached = websockets
  const stopRealtime = new AbortController()
  const realtime = websockets.run(stopRealtime.signal)
  const port = await serve(app as RequestListener)
  const metricsServer = await listenForMetrics(config, metrics.registry)
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    server,
    close: async () => {
      stopRealtime.abort()
      await realtime
      await Promise.all([closeServer(server), metricsServer === undefined ? undefined : closeServer(metricsServer)])
    },
  }
}

const listenForMetrics = async (
  { host, metricsPort }: Config,
  registry: Parameters<typeof serveMetrics>[0],
): Promise<Server | undefined> => {
  if (metricsPort === undefined) return undefined
  const app = express()
  app.disable('x-powered-by')
  app.get('/metrics', (_request, response) => serveMetrics(registry, response))
  const server = createServer(app as RequestListener)
  await bind(server, host, metricsPort)
  return server
}

/** Takes no new connection, lets requests under way finish, cuts what takes too long. */
const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections()
    }, drainMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })

const projectionMetrics = ({ readModels, events, clock }: Rooms): Promise<readonly ProjectionMetric[]> =>
  Promise.all(
    readModels.runners.map(async ({ name, runner }) => {
      const { applied, parked } = runner.status()
      const [waiting] = await events.readAll({ after: await runner.stands(), limit: 1 })
      const lagMs = waiting === undefined ? 0 : Math.max(0, clock.now() - waiting.meta.at)
      return { name, lagMs, parked: parked.length, applied }
    }),
  )

/** Whatever the stores do, whoever asks for health or figures hears within a second. */
const answerMsMax = 900
const tooLate: Readiness = { ready: false, reasons: [`a store does not answer within ${answerMsMax} ms`] }

const inTime = async <T>({ clock }: Rooms, work: Promise<T>, otherwise: T): Promise<T> => {
  const over = new AbortController()
  try {
    return await Promise.race([work, clock.sleep(answerMsMax, over.signal).then(() => otherwise)])
  } finally {
    over.abort()
  }
}

/** Ready: the stores answer, every projection is at most five seconds behind, none is degraded. */
const readinessOf = async (rooms: Rooms & ServedDelivery): Promise<Readiness> => {
  try {
    const metrics = await projectionMetrics(rooms)
    const lagging = metrics.flatMap(({ name, lagMs, parked }) => [
      ...(lagMs > lagMsMax ? [`projection ${name} is ${Math.round(lagMs / 1000)} s behind`] : []),
      ...(parked > 0 ? [`projection ${name} is degraded: ${parked} events parked`] : []),
    ])
    const reasons = rooms.delivery.follows() ? lagging : [...lagging, 'delivery has stopped']
    return { ready: reasons.length === 0, reasons }
  } catch (error) {
    return { ready: false, reasons: [`a store does not answer: ${error instanceof Error ? error.message : 'unknown'}`] }
  }
}
