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
const closed = /^\/v1\/(?:operator|audit)(?:\/|$)/

const open: ReadonlySet<string> = new Set(documents)

/** What pages may read of answers: of any, of those with bytes, and of resumable uploads. */
const exposed = [
  'retry-after, ratelimit, ratelimit-policy, etag, x-request-id',
  'accept-ranges, content-range, content-length, content-digest, repr-digest',
  'location, upload-offset, upload-length, upload-expires, tus-resumable, tus-version, tus-extension, tus-max-size',
].join(', ')
/** What they may send beside what any page may. */
const asked = [
  'authorization, content-type, idempotency-key, if-match, accept, confirmed-transcript-hash, targets',
  'asset-capability, content-digest, range, if-range, if-none-match',
  'upload-offset, upload-length, upload-metadata, tus-resumable',
].join(', ')

export const allowPages = ({ path }: Request, response: Response): void => {
  if ((!path.startsWith('/v1/') || closed.test(path)) && !open.has(path)) return
  response.set({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': exposed,
  })
}

/** The answer to a preflight: what may be asked of this address. */
export const answerPreflight = (response: Response, allowed: readonly string[]): void => {
  response.status(204).set('allow', allowed.join(', '))
  if (response.get('access-control-allow-origin') !== undefined) {
    response.set({
      'access-control-allow-methods': allowed.join(', '),
      'access-control-allow-headers': asked,
      'access-control-max-age': '600',
    })
  }
  response.end()
}
