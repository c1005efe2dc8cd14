/** Puts the routes behind express: who asks, what they sent, what it costs, what they hear. */
import express from 'express'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import type { Limits } from '../../limits/limits.js'
import { rejectionOfParser, requestIdOf, sendBug, sendProblem, sendReply } from './reply.js'
import type { HttpDependencies } from './httpDependencies.js'
import { rejectionOfError } from './problems.js'
import type { AnyPrincipal } from './door.js'
import { identify, readRequest } from './readRequest.js'
import { newRequestId } from './requestId.js'
import type { AnyRoute, RouteShape } from './route.js'

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
  app.use(prepare(dependencies))
  for (const route of routes as unknown as readonly AnyRoute[]) {
    const path = route.path.replaceAll(/\{([^}]+)\}/g, ':$1')
    const served = serverOf(route, dependencies)
    app[route.method](path, (request: Request, response: Response, next: NextFunction) => {
      response.locals['route'] = route.path
      served(request, response).catch(next)
    })
  }
  return app
}

/** The end of the chain, after whatever else the server mounts: nothing matched, or something was thrown. */
export const finish = (app: Express, dependencies: Pick<HttpDependencies, 'logger'>): void => {
  app.use((_request: Request, response: Response) => {
    sendProblem(response, { code: 'no-such-route' })
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

const bodyBytesMax = (route: RouteShape, limits: Limits): number =>
  route.mls === true ? Math.max(limits.mlsJsonBodyBytesMax, limits.mlsBodyBytesMax) : limits.jsonBodyBytesMax

/** What every answer carries, and the measuring of it. */
const prepare =
  ({ random, observe, clock }: HttpDependencies) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const began = clock.now()
    const requestId = newRequestId(random)
    response.locals['requestId'] = requestId
    response.set({
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'retry-after, etag, x-request-id',
    })
    response.on('finish', () => {
      observe(String(response.locals['route'] ?? 'none'), request.method, response.statusCode, clock.now() - began)
    })
    if (request.method !== 'OPTIONS') {
      next()
      return
    }
    response
      .status(204)
      .set({
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-match, accept',
        'access-control-max-age': '600',
      })
      .end()
  }

/** Who asks is known before a body is read, and a body that says it is too large is not waited for. */
const serverOf = (route: AnyRoute, deps: HttpDependencies) => {
  const max = bodyBytesMax(route, deps.limits)
  const read = bodyReader(max)
  return async (request: Request, response: Response): Promise<void> => {
    const principal = await identify(route, deps, request)
    if ('rejected' in principal) {
      sendProblem(response, principal.rejected)
      return
    }
    const announced = Number(request.get('content-length') ?? 0)
    if (announced > max) {
      response.set('connection', 'close')
      sendProblem(response, { code: 'too-large', max, actual: announced })
      return
    }
    await read(request, response)
    const asked = await readRequest(route, deps, request, principal)
    if ('rejected' in asked) {
      sendProblem(response, asked.rejected)
      return
    }
    sendReply(deps.logId, request, response, await route.answer(asked))
  }
}

const bodyReader = (limit: number): ((request: Request, response: Response) => Promise<void>) => {
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
