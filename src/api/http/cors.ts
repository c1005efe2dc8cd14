/** What pages of any origin may ask for: the clients' routes and the documents; never what operators read. */
import type { Request, Response } from 'express'

/** What is read without a token, by people and by programs that come to know the server. */
export const documents = [
  '/',
  '/docs',
  '/docs/docs.js',
  '/openapi.json',
  '/asyncapi.json',
  '/.well-known/mls-homeserver',
] as const
/** What is for operators alone: whatever page a browser of theirs is on has no say in it. */
const closed = /^\/v1\/operator(\/|$)/

const open: ReadonlySet<string> = new Set(documents)

export const allowPages = ({ path }: Request, response: Response): void => {
  if ((!path.startsWith('/v1/') || closed.test(path)) && !open.has(path)) return
  response.set({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'retry-after, ratelimit, ratelimit-policy, etag, x-request-id',
  })
}

/** The answer to a preflight: what may be asked of this address. */
export const answerPreflight = (response: Response, allowed: readonly string[]): void => {
  response.status(204).set('allow', allowed.join(', '))
  if (response.get('access-control-allow-origin') !== undefined) {
    response.set({
      'access-control-allow-methods': allowed.join(', '),
      'access-control-allow-headers':
        'authorization, content-type, idempotency-key, if-match, accept, confirmed-transcript-hash',
      'access-control-max-age': '600',
    })
  }
  response.end()
}
