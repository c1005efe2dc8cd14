/** The HTTP server: routes, operations and websockets behind one port, metrics behind another when asked. */
import type { RequestListener, Server } from 'node:http'
import type { Observable } from 'rxjs'
import { clientDoor } from '../../api/door.js'
import type { Route } from '../../api/door.js'
import type { KnowsSend, SendMessage } from '../../api/groups/messages.js'
import type { TakeSignal } from '../../api/groups/signals.js'
import { assemble, finish } from '../../api/http/assemble.js'
import { bearerTokenIn } from '../../api/http/request/bearer.js'
import { knowCallers } from '../../api/http/address/callers.js'
import { knowHosts } from '../../api/http/address/hosts.js'
import type { RateLimiter } from '../../api/http/budgets/rateLimits.js'
import type { Lasting } from '../../api/http/request/incoming.js'
import { requestsInTurn } from '../../api/http/connection/requestsInTurn.js'
import { mountChat } from '../../api/operations/chat.js'
import { makeMetrics } from '../../api/operations/metrics.js'
import type { MetricSources } from '../../api/operations/metrics.js'
import { mountOperations } from '../../api/operations/operations.js'
import type { OperatorDependencies } from '../../api/operators/routes.js'
import { mountWithoutUpgrade } from '../../api/realtime/withoutUpgrade.js'
import type { HeldCursor } from '../../api/http/request/heldCursor.js'
import { attachWebsockets } from '../../api/realtime/websocket.js'
import type { Websockets } from '../../api/realtime/websocket.js'
import { asyncapi } from '../../api/realtime/websocketDocument.js'
import { withProcessDoor } from '../../api/realtime/processDoor.js'
import type { ProcessDoor } from '../../api/realtime/processDoor.js'
import { websocketShape } from '../../api/realtime/websocketShape.js'
import type { Uploads } from '../../api/assets/uploads.js'
import type { Authentication } from '../../api/tokens/authentication.js'
import type { AuthenticateOperator } from '../../api/tokens/operatorAuthentication.js'
import type { Acknowledgements } from '../../delivery/acknowledgements.js'
import type { OwnConsumers } from '../../delivery/consumers.js'
import type { LiveBatch } from '../../delivery/delivered.js'
import type { Limits } from '../../limits/limits.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Keys } from '../../ports/keys.js'
import type { Logger } from '../../ports/logger.js'
import type { Random } from '../../ports/random.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { Keyring } from '../keys/keyring.js'
import type { Config } from '../settings/config.js'
import { rememberRecordedIds } from '../../api/elsewhere/recordedIds.js'
import { closeServer } from './closeServer.js'
import { withPeersDoor } from '../federation.js'
import type { PeersListener } from '../federation.js'
import { openMetricsDoor } from './metricsDoor.js'
import { openPeersDoor } from './peersDoor.js'
import { storeSizes } from '../stores/sizes.js'
import type { MeasureOthers } from '../stores/sizes.js'
import { answerOperators, byDoor, openOperatorDoor, operatorRoutesOf } from './operatorDoor.js'
import type { PolicyInForce } from '../policyInForce.js'
import { inTime, projectionMetrics, pushLagMs, readinessOf, tooLate } from '../readiness.js'
import type { ReadinessRooms } from '../readiness.js'
import type { AssetTraffic } from '../uploads.js'
import type { WaitingDoor } from './waitingDoor.js'

export type Http = {
  readonly url: string
  /** Of the operators' own port. */
  readonly operatorUrl: string
  readonly server: Server
  readonly close: () => Promise<void>
}

/** The suites whose clients the server vouches for and whose groups it follows. */
const cipherSuites = [1, 2, 3, 7] as const
/** While the operator lets nothing be written. */
const held = reject({ code: 'maintenance' })

export type HttpRooms = ReadinessRooms & {
  readonly waitingDoor: WaitingDoor
  readonly streams: Streams
  readonly routes: readonly Route[]
  readonly authentication: Authentication
  readonly authenticateOperator: AuthenticateOperator
  readonly sendMessage: SendMessage
  readonly knowsSend: KnowsSend
  readonly takeSignal: TakeSignal
  readonly processDoor: ProcessDoor | undefined
  readonly otherProcesses: MetricSources['otherProcesses']
  /** Undefined: federation is off. */
  readonly peersListener: PeersListener | undefined
  readonly heldCursor: HeldCursor
  readonly live: Observable<LiveBatch>
  readonly consumers: OwnConsumers
  readonly acknowledgements: Acknowledgements
  readonly uploads: Uploads
  readonly assetTraffic: AssetTraffic
  readonly rateLimiter: RateLimiter
  readonly registration: OperatorDependencies['registration']
  readonly blobs: OperatorDependencies['blobs']
  readonly policy: PolicyInForce
  readonly peers: OperatorDependencies['peers']
  readonly peerFigures: MetricSources['peers']
  readonly keys: Keys
  readonly keyring: Keyring
  readonly domain: Domain
  readonly logId: string
  readonly publicUrl: () => string
  readonly vapidKey: () => string
  /** Lets what answers a request know which Host it named. */
  readonly knowingHost: (answer: RequestListener) => RequestListener
  readonly version: string
  /** How large the stores on servers are. */
  readonly measureOthers: MeasureOthers
  readonly limits: Limits
  readonly random: Random
  readonly logger: Logger
}

export const listen = async (config: Config, rooms: HttpRooms): Promise<Http> => {
  const { readModels, routes, delivery, rateLimiter, domain, logId, publicUrl, version, limits } = rooms
  const { clock, random, logger, policy } = rooms
  const holdsCommands = () => (policy.maintenance() ? held : undefined)
  const callers = knowCallers(config.trustedProxies, logger)
  const hosts = knowHosts(config)
  const authenticate: Authentication['authenticate'] = (token) => rooms.authentication.authenticate(token)
  const sockets: { attached?: Websockets } = {}
  const { registry, observe } = makeMetrics({
    projections: () => inTime(rooms, projectionMetrics(rooms), []),
    websockets: () => sockets.attached?.count() ?? 0,
    otherProcesses: rooms.otherProcesses,
    clockHeld: () => rooms.clockHeld() !== undefined,
    maintenance: policy.maintenance,
    refusesWrites: () => rooms.events.refusesWrites?.() !== undefined,
    delivered: () => delivery.counts().delivered,
    passedOver: () => rooms.events.passedOver?.() ?? 0,
    assetBytesIn: () => rooms.uploads.received(),
    assetBytesOut: () => rooms.assetTraffic.sent(),
    assets: () => inTime(rooms, readModels.assets.byClass(), new Map()),
    reports: () => inTime(rooms, readModels.reports.counts(), new Map()),
    pushes: rooms.pushes.counts,
    pushLagMs: () => inTime(rooms, pushLagMs(rooms), 0),
    peers: () => inTime(rooms, rooms.peerFigures(), []),
  })
  const lasting: Lasting = new WeakSet()
  const shared = {
    rateLimiter,
    limits,
    logId,
    reached: readModels.reached,
    heldCursor: rooms.heldCursor,
    callers,
    lasting,
    hosts,
    clock,
    random,
    logger,
    observe,
  }
  const recordedIds = rememberRecordedIds(rooms.events, clock, domain)
  // Where the log is followed no further, delivery says so.
  rooms.live.subscribe({
    next: ({ fromHubs }) => {
      recordedIds.heard(fromHubs ?? [])
    },
    error: () => undefined,
  })
  const elsewhere = rooms.peersListener === undefined ? {} : { recordedElsewhere: recordedIds.positionOf }
  const app = assemble(routes, { ...shared, ...elsewhere, holdsCommands, door: clientDoor(authenticate) })
  const known = {
    ...rooms,
    forwardedUntrusted: callers.forwardedUntrusted,
    stores: () => storeSizes(config, rooms.events, rooms.measureOthers),
  }
  const forOperators = operatorRoutesOf(known)
  const operators = answerOperators(forOperators, { ...shared, authenticate: rooms.authenticateOperator })
  mountOperations(app, {
    domain,
    version,
    publicUrl,
    limits,
    rates: policy.rates,
    maintenance: policy.maintenance,
    edition: policy.edition,
    cipherSuites,
    vapidKey: rooms.vapidKey,
    routes: [...routes, websocketShape, ...forOperators],
    asyncapi: (url) => asyncapi({ url, version }),
    readiness: () => inTime(rooms, readinessOf(known), tooLate),
    registry,
    metricsHere: config.metricsPort === undefined,
    isOperator: async (request) => {
      const token = bearerTokenIn(request.get('authorization'))
      return (
        token !== undefined && !('rejected' in (await rooms.authenticateOperator(token, callers.addressOf(request))))
      )
    },
    hosts,
    chatFor: config.chatFor,
  })
  mountChat(app, { chatFor: config.chatFor, publicUrl, hosts })
  mountWithoutUpgrade(app, hosts)
  finish(app, { logger })
  const clients = app as RequestListener
  const withOperators = config.operators.onMainPort ? byDoor(operators(hosts), clients) : clients
  const peers = rooms.peersListener?.({ ...shared, holdsCommands })
  const { door: ownDoor } = config.federation
  const everybody = withPeersDoor(peers, withOperators, ownDoor === undefined)
  const inTurn = requestsInTurn(
    rooms.knowingHost(withProcessDoor(rooms.processDoor, everybody)),
    limits,
    clock,
    lasting,
  )
  const { server, scheme, serve, release } = rooms.waitingDoor
  inTurn.attend(server)
  const websockets = attachWebsockets(server, {
    view: readModels.queues,
    level: readModels.level,
    delivery,
    live: rooms.live,
    consumers: rooms.consumers,
    acknowledgements: rooms.acknowledgements,
    authenticate,
    sendMessage: rooms.sendMessage,
    knowsSend: rooms.knowsSend,
    takeSignal: rooms.takeSignal,
    heldCursor: rooms.heldCursor,
    rateLimiter,
    holdsCommands,
    callers,
    hosts,
    logId,
    limits,
    clock,
    random,
    logger,
  })
  sockets.attached = websockets
  const stopping = new AbortController()
  const loops = Promise.all([websockets.run(stopping.signal), inTurn.watch(stopping.signal)])
  const port = await serve(inTurn.listener)
  const metricsDoor = await openMetricsDoor(config, registry, { clock, logger })
  const peersDoor = await openPeersDoor(config, peers, { limits, clock, logger })
  const operatorsDoor = await openOperatorDoor(config, operators, { limits, clock, logger })
  return {
    operatorUrl: operatorsDoor.url,
    url: `${scheme}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    server,
    close: async () => {
      release()
      stopping.abort()
      await loops
      await Promise.all([closeServer(server), metricsDoor?.close(), peersDoor?.close(), operatorsDoor.close()])
    },
  }
}
