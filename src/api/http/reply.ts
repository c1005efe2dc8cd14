/** From what a handler replied, or what went wrong, to the response. */
import type { Request, Response } from 'express'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import { problemOf, retryAfterOf } from './problems.js'
import { placeIn } from './place.js'
import type { Reply } from './route.js'

/** Returns how many bytes the body of the answer has; none where it is a problem. */
export const sendReply = (logId: string, request: Request, response: Response, reply: Reply): number => {
  if ('rejected' in reply) {
    sendProblem(response, reply.rejected)
    return 0
  }
  response.status(reply.status).set(reply.headers ?? {})
  const { type, body } = written(logId, request, reply)
  if (type !== undefined) response.type(type)
  response.end(body)
  return body.length
}

const json = 'application/json'

type Written = { readonly type?: string; readonly body: Buffer }

const written = (logId: string, request: Request, reply: Exclude<Reply, Rejected>): Written => {
  // What there is as bytes alone comes as bytes, whatever would rather be had.
  const isOnlyMls = reply.body === undefined && reply.json === undefined
  if (reply.mls !== undefined && (isOnlyMls || request.accepts([json, 'message/mls']) === 'message/mls'))
    return { type: 'message/mls', body: Buffer.from(reply.mls) }
  if (reply.status === 204 || reply.status === 304) return { body: Buffer.alloc(0) }
  if (reply.json !== undefined) return { type: json, body: reply.json }
  const place = reply.place === undefined ? {} : placeIn(logId, reply.place)
  return { type: json, body: Buffer.from(JSON.stringify({ ...reply.body, ...place })) }
}

export const requestIdOf = (response: Response): string => String(response.locals['requestId'])

export const sendProblem = (response: Response, rejection: Rejection): void => {
  const problem = problemOf(rejection, requestIdOf(response))
  const retryAfter = retryAfterOf(rejection)
  if (retryAfter !== undefined) response.set('retry-after', String(retryAfter))
  if (problem.status === 401) response.set('www-authenticate', 'Bearer')
  if (rejection.code === 'method-not-allowed') response.set('allow', rejection.allowed.join(', '))
  if (rejection.code === 'range-not-satisfiable') response.set('content-range', `bytes */${rejection.size}`)
  if (rejection.code === 'tus-version') response.set('tus-version', rejection.supported)
  if ('next' in rejection) response.set('homeserver-next', String(rejection.next))
  if (rejection.code === 'upgrade-required') response.set({ upgrade: 'websocket', connection: 'upgrade' })
  response.status(problem.status).type('application/problem+json').end(JSON.stringify(problem))
}

export const sendBug = (response: Response): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const problem = problemOf({ code: 'internal' }, requestIdOf(response))
  response.status(problem.status).type('application/problem+json').end(JSON.stringify(problem))
}

export const compressed: Rejection = { code: 'unsupported-media-type', accepted: ['identity content-encoding'] }

/** What express and its body parser throw at bad requests. */
export const rejectionOfParser = (error: unknown): Rejection | undefined => {
  if (error instanceof URIError) return { code: 'malformed', detail: 'the path is not percent-encoded UTF-8' }
  if (typeof error !== 'object' || error === null || !('type' in error)) return undefined
  if (error.type === 'entity.too.large' && 'limit' in error) {
    const actual = 'length' in error && typeof error.length === 'number' ? { actual: error.length } : {}
    return { code: 'too-large', max: Number(error.limit), ...actual }
  }
  if (error.type === 'encoding.unsupported') {
    return compressed
  }
  if (error.type === 'request.aborted' || error.type === 'request.size.invalid') {
    return { code: 'malformed', detail: 'the body is not as long as it said' }
  }
  return undefined
}
