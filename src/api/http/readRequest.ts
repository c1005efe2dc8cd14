/** From a raw request to what its route is asked: who, what, at what cost; the cheapest check first. */
import type { Request } from 'express'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { addressOf, countsPerAddress } from './address.js'
import { checked } from './checked.js'
import type { AnyPrincipal } from './door.js'
import type { HttpDependencies } from './httpDependencies.js'
import { readBody } from './requestBody.js'
import { commandOf } from './requestCommand.js'
import { readQuery } from './requestQuery.js'
import type { AnyRoute, Ask } from './route.js'

type AnyAsk = Ask<AnyPrincipal, unknown, unknown, unknown>

/** Who asks, if the route is for such as that. */
export const identify = async (
  route: AnyRoute,
  { door }: HttpDependencies,
  request: Request,
): Promise<AnyPrincipal | Rejected> => {
  if (route.access === 'anonymous') return { kind: 'anonymous' }
  const principal = await door.identify(request)
  if ('rejected' in principal || door.admits(route.access, principal)) return principal
  return reject({ code: 'not-allowed', capability: `${route.access} token` })
}

/** What the route is asked, its body read already, and paid for. */
export const readRequest = async (
  route: AnyRoute,
  deps: HttpDependencies,
  request: Request,
  principal: AnyPrincipal,
): Promise<AnyAsk | Rejected> => {
  const address = addressOf(request, deps.trustedProxies)
  const body = readBody(route, deps.limits, request)
  if ('rejected' in body) return body
  const params = checked(route.params, request.params, 'path')
  if ('rejected' in params) return params
  const query = await readQuery(route, deps, request)
  if ('rejected' in query) return query
  const named = commandOf(request, deps.door.nameOf(principal, address), deps)
  if ('rejected' in named) return named
  const ask = {
    principal,
    params: params.value,
    query: query.value,
    body: body.value,
    mls: body.mls,
    command: named.command,
    address,
    header: (name: string) => request.get(name),
  }
  return overRate(route, deps, ask) ?? ask
}

const overRate = (route: AnyRoute, deps: HttpDependencies, ask: AnyAsk): Rejected | undefined => {
  const { address } = ask
  for (const { rate, key } of route.rates?.(ask) ?? []) {
    if (key === address && !countsPerAddress(address) && !deps.trustedProxies.includes(address)) continue
    const retryAfter = deps.rateLimiter.take(rate, key)
    if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
  }
  return undefined
}
