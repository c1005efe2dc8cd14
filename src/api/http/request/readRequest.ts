/** From a raw request to what its route is asked: who, what, at what cost; the cheapest check first. */
import { setImmediate } from 'node:timers/promises'
import type { Request } from 'express'
import type { CommandContext } from '../../../streams/decider.js'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { costOfCommand, costOfRead } from '../budgets/budgets.js'
import type { Payer } from '../budgets/budgets.js'
import type { Charge } from '../budgets/rateLimits.js'
import type { Till } from '../budgets/till.js'
import { checked } from './checked.js'
import type { AnyPrincipal } from '../door.js'
import type { HttpDependencies } from '../httpDependencies.js'
import { incomingOf } from './incoming.js'
import { isLong } from './pieces.js'
import { readBody, refuseBody } from './requestBody.js'
import { commandOf, hashOf, keyOf, proofIn } from './requestCommand.js'
import { readQuery } from './requestQuery.js'
import { isRead } from '../route.js'
import type { AnyRoute, Ask } from '../route.js'

export type Asked = Ask<AnyPrincipal, unknown, unknown, unknown>

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
  till: Till,
): Promise<Asked | Rejected> => {
  const address = deps.callers.addressOf(request)
  const keyed = keyOf(request, deps.random)
  if ('rejected' in keyed) return keyed
  const payer = deps.door.payerOf?.(principal)
  const who = payer?.client ?? address
  const costs = payer === undefined ? [] : costOf(route, payer, request)
  const beyond = refuseBody(route, deps.limits, request)
  // What was never let in is no repeat of anything.
  if (beyond !== undefined) return till.pay({ id: '', who }, costs) ?? beyond
  await giveWay(request)
  const bodyHash = await hashOf(request)
  const commandBy = (name: string) => commandOf(name, { key: keyed.key, request: till.request }, bodyHash, deps.clock)
  const orderOf = (command: CommandContext, by = who) => ({
    id: isRead(route) ? '' : knownAs(command),
    who: by,
  })
  const isNamed = !isRead(route) && request.get('idempotency-key') !== undefined
  const mayLook = (by: string): boolean => isNamed && typeof route.known === 'function' && till.mayLook(by)
  const early = commandBy(deps.door.nameOf(principal, address))
  const unpaid = till.pay(orderOf(early), costs)
  if (unpaid !== undefined && !mayLook(who)) return unpaid
  const body = await readBody(route, deps.limits, request)
  if ('rejected' in body) return body
  const params = checked(route.params, request.params, 'path', deps.limits)
  if ('rejected' in params) return params
  const query = await readQuery(route, deps, request)
  if ('rejected' in query) return query
  await giveWay(request)
  const proof = proofIn(body.value)
  const command = proof === undefined ? early : commandBy(deps.door.nameOf(principal, proof))
  const ask: Asked = {
    principal,
    params: params.value,
    query: query.value,
    body: body.value,
    mls: body.mls,
    ...(route.streamed === undefined ? {} : { incoming: incomingOf(request) }),
    command,
    address,
    header: (name: string) => (isIgnored(request, name) ? undefined : request.get(name)),
    charge: (by, charges) => unlessKnown(till.pay(orderOf(command, by), charges), by),
  }
  const unlessKnown = async (refused: Rejected | undefined, by: string): Promise<Rejected | undefined> => {
    if (refused === undefined || !mayLook(by) || typeof route.known !== 'function') return refused
    return (await route.known(ask)) ? till.payAsRepeat(by) : refused
  }
  const rates = unpaid === undefined ? ratesOf(route, deps, request, ask) : []
  return (await unlessKnown(unpaid ?? till.pay(orderOf(command), rates), who)) ?? ask
}

/** A range is one of a GET (RFC 9110 §14.2). */
const isIgnored = ({ method }: Request, name: string): boolean => method === 'HEAD' && name === 'range'

/** The same command again: the same id, and the same body. A command that changed nothing would let another body in under its id. */
export const knownAs = ({ id, bodyHash }: CommandContext): string => `${id} ${bodyHash}`

/** What any request costs, before it is parsed. */
const costOf = (route: AnyRoute, payer: Payer, request: Request): readonly Charge[] => {
  if (route.costsOnlyRates === true) return []
  if (isRead(route)) return costOfRead(payer)
  return costOfCommand(payer, Buffer.isBuffer(request.body) ? request.body.length : 0)
}

/** Lets others have their turn between two passes over a long body. */
export const giveWay = async (request: Request): Promise<void> => {
  if (Buffer.isBuffer(request.body) && isLong(request.body)) await setImmediate()
}

/** This machine is not limited by its address. */
const ratesOf = (route: AnyRoute, { callers }: HttpDependencies, request: Request, ask: Asked): readonly Charge[] =>
  (route.rates?.(ask) ?? []).filter(({ key }) => key !== ask.address || callers.limitedBy(request) !== undefined)
