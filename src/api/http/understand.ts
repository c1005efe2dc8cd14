/** From a raw request to a typed ask: who, what, at what cost; the cheapest check first. */
import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { z } from 'zod'
import { commandId } from '../../streams/commandId.js'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Limits } from '../../limits/limits.js'
import { readCursor } from '../../items/cursor.js'
import { addressOf, countsPerAddress } from './address.js'
import type { HttpDependencies } from './httpDependencies.js'
import { mediaOf, parseForm, parseJson } from './body.js'
import { misfit } from './misfit.js'
import { principalName } from './principal.js'
import type { Principal } from './principal.js'
import type { Ask, Route } from './route.js'

export type AnyAsk = Ask<'any' | 'operator' | 'anonymous', unknown, unknown, unknown>

/** From raw request to typed ask, cheapest check first; who asks is known. */
export const understand = async (
  route: Route,
  deps: HttpDependencies,
  request: Request,
  principal: Principal,
): Promise<AnyAsk | Rejected> => {
  const address = addressOf(request, deps.trustedProxies)
  const body = readBody(route, deps.limits, request)
  if ('rejected' in body) return body
  const params = check(route.params, request.params, 'path')
  if ('rejected' in params) return params
  const query = await readQuery(route, deps, request)
  if ('rejected' in query) return query
  const command = commandOf(request, principal, address, deps)
  if ('rejected' in command) return command
  const ask = {
    principal,
    params: params.value,
    query: query.value,
    body: body.value,
    mls: body.mls,
    command: command.value,
    address,
    header: (name: string) => request.get(name),
  }
  return overRate(route, deps, ask, address) ?? ask
}

const overRate = (route: Route, deps: HttpDependencies, ask: AnyAsk, address: string): Rejected | undefined => {
  const costs = route.rates?.(ask) ?? []
  for (const { rate, key } of costs) {
    if (key === address && !countsPerAddress(address) && !deps.trustedProxies.includes(address)) continue
    const retryAfter = deps.rateLimiter.take(rate, key)
    if (retryAfter !== undefined) return { rejected: { code: 'rate-limited', retryAfter } }
  }
  return undefined
}

/** Who asks, if the route is for such as that. */
export const identify = async (
  route: Route,
  deps: HttpDependencies,
  request: Request,
): Promise<Principal | Rejected> => {
  if (route.access === 'anonymous') return { kind: 'anonymous' }
  const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(request.get('authorization') ?? '')?.[1]
  if (token === undefined) return refused({ code: 'not-authenticated', detail: 'send Authorization: Bearer <token>' })
  const principal = await deps.authenticate(token)
  if ('rejected' in principal) return principal
  const welcome =
    route.access === 'any' ? principal.kind === 'client' || principal.kind === 'queue' : principal.kind === route.access
  return welcome ? principal : refused({ code: 'not-allowed', capability: `${route.access} token` })
}

type Parsed = { readonly value: unknown }

/** Of routes that take no body, or no query: fields that nobody knows are errors there as well. */
const nothing = z.strictObject({})

const readBody = (
  route: Route,
  limits: Limits,
  request: Request,
): { readonly value: unknown; readonly mls: Uint8Array | undefined } | Rejected => {
  const bytes = Buffer.isBuffer(request.body) ? new Uint8Array(request.body) : new Uint8Array()
  const media = bytes.length === 0 && route.body === undefined ? 'none' : mediaOf(request.get('content-type'))
  if (media === 'mls' && route.mls === true) {
    if (bytes.length > limits.mlsBodyBytesMax) {
      return refused({ code: 'too-large', max: limits.mlsBodyBytesMax, actual: bytes.length })
    }
    return { value: undefined, mls: bytes }
  }
  if (media === 'none' && route.body === undefined) return { value: undefined, mls: undefined }
  const parsed = parseAs(route, limits, media, bytes)
  if ('rejected' in parsed) return parsed
  const checked = check(route.body ?? nothing, parsed.value, 'body')
  return 'rejected' in checked ? checked : { value: checked.value, mls: undefined }
}

const parseAs = (
  route: Route,
  limits: Limits,
  media: ReturnType<typeof mediaOf>,
  bytes: Uint8Array,
): Parsed | Rejected => {
  if (media === 'form' && route.form === true) return parseForm(bytes)
  if (media === 'json' || (media === 'none' && bytes.length === 0)) {
    return bytes.length === 0 ? { value: {} } : parseJson(bytes, limits.jsonDepthMax)
  }
  const accepted = ['application/json']
  if (route.mls === true) accepted.push('message/mls')
  if (route.form === true) accepted.push('application/x-www-form-urlencoded')
  return refused({ code: 'unsupported-media-type', accepted })
}

/** `?after=<position>` of a read that has no `after` of its own: wait until the read models have got there. */
const readQuery = async (route: Route, deps: HttpDependencies, request: Request): Promise<Parsed | Rejected> => {
  const query: Record<string, unknown> = { ...request.query }
  const own = route.query !== undefined && 'shape' in route.query && Object.hasOwn(route.query.shape as object, 'after')
  if (route.method === 'get' && !own && query['after'] !== undefined) {
    const cursor = readCursor(deps.logId, textOf(query['after']))
    if ('rejected' in cursor) return cursor
    if (!(await deps.reached(cursor.position, deps.limits.readWaitMsMax))) return refused({ code: 'read-model-behind' })
    delete query['after']
  }
  return check(route.query ?? nothing, query, 'query')
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const check = (schema: Route['body'], value: unknown, where: string): Parsed | Rejected => {
  if (schema === undefined) return { value: undefined }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data }
  return refused({ code: 'malformed', detail: misfit(parsed.error, where) })
}

const idempotencyKeyPattern = /^[\x21-\x7e]{1,128}$/

const commandOf = (
  request: Request,
  principal: Principal,
  address: string,
  { random, clock }: HttpDependencies,
): { readonly value: AnyAsk['command'] } | Rejected => {
  const key = request.get('idempotency-key') ?? toBase64url(random.bytes(16))
  if (!idempotencyKeyPattern.test(key)) {
    return refused({ code: 'malformed', detail: 'Idempotency-Key: 1 to 128 printable ASCII characters' })
  }
  const hash = createHash('sha256').update(`${request.method} ${request.originalUrl}\n`)
  if (Buffer.isBuffer(request.body)) hash.update(request.body)
  const id = commandId(principalName(principal, address), key)
  return { value: { id, bodyHash: hash.digest('base64url'), at: clock.now() } }
}

const refused = (rejection: Rejection): Rejected => ({ rejected: rejection })
