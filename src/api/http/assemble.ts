/** Puts the routes behind express: who asks, what they sent, what it costs, what they hear. */
import express from 'express'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import type { Limits } from '../../limits/limits.js'
import type { Rejection } from '../../streams/rejection.js'
import { compressed, rejectionOfParser, requestIdOf, sendBug, sendProblem, sendReply } from './reply.js'
import { sendStream } from './sendStream.js'
import type { HttpDependencies } from './httpDependencies.js'
import { costOfAnswer } from './budgets/budgets.js'
import { allowPages } from './cors.js'
import { refuseOtherMethods } from './otherMethods.js'
import { rejectionOfError } from './problems.js'
import type { AnyPrincipal } from './door.js'
import { giveWay, identify, knownAs, readRequest } from './request/readRequest.js'
import type { Asked } from './request/readRequest.js'
import { newRequestId } from './request/requestId.js'
import { isRead } from './route.js'
import type { AnyRoute, Reply, RouteShape, StreamedReply } from './route.js'
import { openTill } from './budgets/till.js'

/** The routes of one door. What every route gets for nothing is in here; `finish` ends the chain. */
export const assemble = <Access extends string, Principal extends AnyPrincipal>(
  routes: readonly AnyRoute<Access, Principal>[],
  doorDependencies: HttpDependencies<Access, Principal>,
): Express => {
  // Routes and door agree on who asks, which is all that the types of principals are for.
  const dependencies = doorDependencies as unknown as HttpDependencies
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  // Paths are exact: a proxy that keeps one of them from the world keeps it in every spelling.
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.use(prepare(dependencies))
  for (const route of routes as unknown as readonly AnyRoute[]) {
    const path = expressPath(route.path)
    const served = serverOf(route, dependencies)
    app[route.method](path, (request: Request, response: Response, next: NextFunction) => {
      response.locals['route'] = route.path
      served(request, response).catch(next)
    })
  }
  for (const [path, methods] of methodsByPath(routes)) {
    const options = routes.find((route) => expressPath(route.path) === path && route.options !== undefined)?.options
    refuseOtherMethods(app, path, { methods, options }, dependencies.hosts)
  }
  return app
}

const expressPath = (path: string): string => path.replaceAll(/\{([^}]+)\}/g, ':$1')

const methodsByPath = (routes: readonly Pick<RouteShape, 'path' | 'method'>[]): Map<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>()
  for (const { path, method } of routes) {
    found.set(expressPath(path), [...(found.get(expressPath(path)) ?? []), method])
  }
  return found
}

/** The end of the chain, after whatever else the server mounts: nothing matched, or something was thrown. */
export const finish = (app: Express, dependencies: Pick<HttpDependencies, 'logger'>): void => {
  app.use((request: Request, response: Response) => {
    sendProblem(response, { code: 'no-such-route', ...(namesIdBare(request.path) ? { detail: encodeIds } : {}) })
  })
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const rejection = rejectionOfError(error) ?? rejectionOfParser(error)
    if (rejection !== undefined) {
      sendProblem(response, rejection)
      return
    }
    dependencies.logger.error('request failed', { requestId: requestIdOf(response), error: describe(error) })
    sendBug(response)
  })
}

const encodeIds = 'ids are URIs, and percent-encoded in paths: mimi%3A%2F%2F…'

/** An id that stands in a path as it is makes more parts of it than a route has. */
const namesIdBare = (path: string): boolean => /\/mimi(?::|%3a)(?:\/|%2f)/i.test(path)

/** What comes as a stream is held against its limit by whoever reads it. */
const bodyBytesMax = (route: RouteShape, limits: Limits): number => {
  if (route.streamed !== undefined) return limits.assetBytesMax
  if (route.mls === true) return Math.max(limits.mlsJsonBodyBytesMax, limits.mlsBodyBytesMax)
  return route.isLarge === true ? limits.mlsJsonBodyBytesMax : limits.jsonBodyBytesMax
}

/** What every answer carries, and the measuring of it. */
const prepare =
  ({ random, observe, clock, hosts, callers }: HttpDependencies) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const began = clock.now()
    const requestId = newRequestId(random)
    response.locals['requestId'] = requestId
    response.set({
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    allowPages(request, response)
    callers.notice(request)
    response.on('finish', () => {
      observe(String(response.locals['route'] ?? 'none'), request.method, response.statusCode, clock.now() - began)
    })
    const malformed = hosts.malformed(request)
    if (malformed === undefined) next()
    else sendProblem(response, malformed.rejected)
  }

const noBody = new Uint8Array()

/** Who asks is known before a body is read, and a body that says it is too large is not waited for. */
const serverOf = (route: AnyRoute, deps: HttpDependencies) => {
  const readerOf = route.streamed === undefined ? bodyReaders() : undefined
  if (readerOf === undefined && deps.door.refusesBody !== undefined)
    throw new Error(`${route.path}: this door looks at whole bodies`)
  return async (request: Request, response: Response): Promise<void> => {
    const held = isRead(route) || route.inMaintenance === true ? undefined : deps.holdsCommands?.()
    if (held !== undefined) {
      sendProblem(response, held.rejected)
      return
    }
    const max = bodyBytesMax(route, deps.limits)
    const principal = await identify(route, deps, request)
    const misdirected = deps.hosts.misdirected(request)
    if ('rejected' in principal) {
      sendProblem(response, misdirected?.rejected ?? principal.rejected)
      return
    }
    const unreadable = unreadableBody(request, max)
    if (unreadable !== undefined) response.set('connection', 'close')
    const refused = unreadable ?? misdirected?.rejected
    if (refused !== undefined) {
      sendProblem(response, refused)
      return
    }
    await readerOf?.(max)(request, response)
    await giveWay(request)
    const other = deps.door.refusesBody?.(request, Buffer.isBuffer(request.body) ? request.body : noBody)
    if (other !== undefined) {
      sendProblem(response, other.rejected)
      return
    }
    const till = openTill(deps.rateLimiter, response)
    const asked = await readRequest(route, deps, request, principal, till)
    if ('rejected' in asked) {
      sendProblem(response, asked.rejected)
      return
    }
    const reply = await answerOf(route, deps, request, response, asked)
    if (!('rejected' in reply) && reply.repeated === true) till.wasRepeat()
    if (isStreamed(reply)) {
      await settleStream(deps, request, response, { asked, reply })
    } else {
      settle(route, deps, request, { asked, reply, bytes: sendReply(deps.logId, request, response, reply) })
    }
  }
}

const isStreamed = (reply: Reply): reply is StreamedReply => !('rejected' in reply) && reply.stream !== undefined

/** A body that is read as it comes may take longer than others. */
const answerOf = async (
  route: AnyRoute,
  { lasting }: HttpDependencies,
  request: Request,
  response: Response,
  asked: Asked,
): Promise<Reply> => {
  if (route.streamed === undefined) return route.answer(asked)
  lasting?.add(request)
  try {
    return await route.answer(asked)
  } finally {
    lasting?.delete(request)
    // Whatever is answered or thrown: nobody reads the rest, and another request on the connection would wait behind it.
    if (wasBegun(request)) response.set('connection', 'close')
  }
}

/** Read in part. One that was not begun is read to its end, and forgotten, by node itself. */
const wasBegun = ({ readableDidRead, readableEnded }: Request): boolean => readableDidRead && !readableEnded

/** Paid for before it goes out, so that nobody asks for many at once; what did not go out is given back. */
const settleStream = async (
  deps: HttpDependencies,
  request: Request,
  response: Response,
  { asked, reply }: { readonly asked: Asked; readonly reply: StreamedReply },
): Promise<void> => {
  const payer = deps.door.payerOf?.(asked.principal)
  const costOf = (bytes: number) => (payer === undefined ? [] : costOfAnswer(payer, reply, bytes))
  const promised = costOf(reply.stream.length ?? 0)
  deps.rateLimiter.owe(promised)
  let sent = 0
  try {
    sent = await sendStream(deps, request, response, reply)
  } finally {
    deps.rateLimiter.giveBack(promised)
    deps.rateLimiter.owe(costOf(sent))
  }
}

type Settled = { readonly asked: Asked; readonly reply: Reply; /** Of the answer. */ readonly bytes: number }

/** What is known only now: what a read turned out to be, and that a command is done, so that it can be asked for again. */
const settle = (
  route: AnyRoute,
  { door, rateLimiter }: HttpDependencies,
  request: Request,
  { asked, reply, bytes }: Settled,
): void => {
  const payer = door.payerOf?.(asked.principal)
  if (isRead(route) && payer !== undefined) rateLimiter.owe(costOfAnswer(payer, reply, bytes))
  const isNamed = !isRead(route) && request.get('idempotency-key') !== undefined
  if (isNamed && !('rejected' in reply)) rateLimiter.done(knownAs(asked.command))
  rateLimiter.owe(route.costsMore?.(asked, reply) ?? [])
}

const unreadableBody = (request: Request, max: number): Rejection | undefined => {
  const actual = Number(request.get('content-length') ?? 0)
  if (actual > max) return { code: 'too-large', max, actual }
  const encoding = (request.get('content-encoding') ?? 'identity').toLowerCase()
  return encoding === 'identity' ? undefined : compressed
}

type BodyReader = (request: Request, response: Response) => Promise<void>

/** One is made anew only where an operator has changed the limit. */
const bodyReaders = (): ((limit: number) => BodyReader) => {
  let made: { readonly limit: number; readonly read: BodyReader } | undefined
  return (limit) => {
    if (made?.limit !== limit) made = { limit, read: bodyReader(limit) }
    return made.read
  }
}

const bodyReader = (limit: number): BodyReader => {
  const raw: RequestHandler = express.raw({ type: () => true, inflate: false, limit })
  return (request, response) =>
    new Promise((resolve, reject) => {
      raw(request, response, (error?: unknown) => {
        if (error === undefined) resolve()
        else reject(error instanceof Error ? error : new Error('the body cannot be read', { cause: error }))
      })
    })
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
