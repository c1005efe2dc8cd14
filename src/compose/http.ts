/** The HTTP server: routes, operations and websockets behind one port, metrics behind another when asked. */
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { assemble, finish } from '../api/http/assemble.js'
import { attachWebsockets } from '../api/realtime/websocket.js'
import type { Websockets } from '../api/realtime/websocket.js'
import { asyncapi } from '../api/realtime/websocketDocument.js'
import { makeMetrics } from '../api/operations/metrics.js'
import type { ProjectionMetric } from '../api/operations/metrics.js'
import { mountOperations, serveMetrics } from '../api/operations/operations.js'
import type { Readiness } from '../api/operations/operations.js'
import type { ServedDelivery } from './delivery.js'
import { makeListener } from './listener.js'
import type { ServedReadModels } from './readModels.js'
import type { FrontDoor } from './routes.js'
import type { Config } from './config.js'
import type { RateLimiter } from '../api/http/rateLimits.js'
import type { Acknowledgements } from '../delivery/acknowledgements.js'
import type { Claims } from '../delivery/claims.js'
import type { Limits } from '../limits/limits.js'
import type { Domain } from '../mls/wire/ids.js'
import type { Clock } from '../ports/clock.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import type { Random } from '../ports/random.js'
import { StartupProblem } from './startupProblem.js'

export type Http = { readonly url: string; readonly server: Server; readonly close: () => Promise<void> }

/** The suites whose clients the server vouches for and whose groups it follows. */
const cipherSuites = [1, 2, 3, 7] as const

/** Ready means every projection at most so far behind. */
const lagMsMax = 5_000
const drainMs = 5_000

export type HttpRooms = FrontDoor &
  ServedDelivery & {
    readonly events: EventStore
    readonly readModels: ServedReadModels
    readonly claims: Claims
    readonly acknowledgements: Acknowledgements
    readonly rateLimiter: RateLimiter
    readonly domain: Domain
    readonly logId: string
    readonly publicUrl: () => string
    /** Lets what answers a request know which Host it named. */
    readonly knowingHost: (answer: RequestListener) => RequestListener
    readonly version: string
    readonly limits: Limits
    readonly clock: Clock
    readonly random: Random
    readonly logger: Logger
  }

export const listen = async (config: Config, rooms: HttpRooms): Promise<Http> => {
  const { logger, limits } = rooms
  const sockets: { attached?: Websockets } = {}
  const metrics = makeMetrics({
    projections: () => projectionMetrics(rooms),
    websockets: () => sockets.attached?.count() ?? 0,
    delivered: () => rooms.delivery.counts().delivered,
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
    readiness: () => readinessOf(rooms),
    registry: metrics.registry,
    metricsHere: config.metricsPort === undefined,
    authenticate: (token) => rooms.authentication.authenticate(token),
    trustedProxies: config.trustedProxies,
  })
  finish(app, { logger })
  const { server, scheme, release } = makeListener(
    config.tls,
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
    },
    rooms.knowingHost(app as RequestListener),
    logger,
  )
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
  const port = await bind(server, config.host, config.port)
  const metricsServer = await listenForMetrics(config, metrics.registry)
  return {
    url: `${scheme}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    server,
    close: async () => {
      release()
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

const bind = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE'
      const what = inUse ? `port ${port} on ${host} is in use` : `cannot listen on ${host}:${port}: ${error.message}`
      reject(new StartupProblem(inUse ? 75 : 78, what))
    })
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })

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

const projectionMetrics = ({ readModels, events, clock }: HttpRooms): Promise<readonly ProjectionMetric[]> =>
  Promise.all(
    readModels.runners.map(async ({ name, runner }) => {
      const { applied, parked } = runner.status()
      const [waiting] = await events.readAll({ after: await runner.stands(), limit: 1 })
      const lagMs = waiting === undefined ? 0 : Math.max(0, clock.now() - waiting.meta.at)
      return { name, lagMs, parked: parked.length, applied }
    }),
  )

/** Ready: the stores answer, every projection is at most five seconds behind, none is degraded. */
const readinessOf = async (rooms: HttpRooms): Promise<Readiness> => {
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
