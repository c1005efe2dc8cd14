/** identifierQuery: another server looks for a user of ours by a whole handle. Who is hidden, and who is not there, look alike. */
import { z } from 'zod'
import type { Charge } from '../../api/http/budgets/rateLimits.js'
import { foldHandle, handleHash } from '../../commands/account/handleReservation.js'
import { parseDomain } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { Directory } from '../../projections/directory/queries.js'
import { malformed } from '../../streams/rejection.js'
import { requesterIn } from '../requesterExtension.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { identifierRequest, identifierResponse } from '../wire/identifierQuery.js'
import type { IdentifierRequest, IdentifierResponse } from '../wire/identifierQuery.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

export const identifierQueryPath = '/federation/v1/identifierQuery/{domain}'

export type IdentifierQueryDependencies = {
  readonly directory: Pick<Directory, 'byHandle' | 'blockersOf'>
  readonly handleKey: Uint8Array
  readonly domain: Domain
}

export const identifierQueryRoute = (deps: IdentifierQueryDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: identifierQueryPath,
    tag: 'Federation',
    summary: 'Find a user of ours by handle',
    description:
      'IdentifierRequest and IdentifierResponse of draft-ietf-mimi-protocol-06, as message/mls. One whole handle is found, and nothing else.',
    access: 'peer',
    params: z.strictObject({ domain: z.string().max(253) }),
    mls: true,
    success: { status: 200, mls: true },
    problems: [],
    known: 'unrecorded',
    rates: ({ principal }) => [lookup(principal.domain)],
    answer: async ({ principal, params, mls, charge }) => {
      if (parseDomain(params.domain) !== deps.domain) return malformed('path.domain is not ours')
      const request = mls === undefined ? undefined : decodeBody(identifierRequest, mls)
      if (request?.ok !== true) return malformed('the body is an IdentifierRequest')
      const found = await find(deps, request.value, principal.domain)
      if (typeof found === 'string') return answered({ code: found, uris: [] })
      if (found.length > 0) return answered({ code: 'success', uris: found })
      // Guessing is what misses: it costs three times as much.
      const limited = await charge(principal.domain, [{ ...lookup(principal.domain), cost: 2 }])
      return limited ?? answered({ code: 'notFound', uris: [] })
    },
  })

const lookup = (peer: Domain): Charge => ({ rate: 'lookupsPerPeer', key: peer })

const find = async (
  { directory, handleKey }: IdentifierQueryDependencies,
  { elements, extensions }: IdentifierRequest,
  peer: Domain,
): Promise<readonly UserId[] | 'unsupportedField'> => {
  const [element, ...more] = elements
  if (element?.type !== 'handle' || more.length > 0) return 'unsupportedField'
  const folded = foldHandle(element.value)
  const found = folded === undefined ? undefined : await directory.byHandle(handleHash(handleKey, folded))
  if (found === undefined) return []
  const requester = requesterIn(extensions, peer)
  const blockers = requester === undefined ? new Set() : await directory.blockersOf(requester, [found.user])
  return blockers.has(found.user) ? [] : [found.user]
}

const answered = (said: Pick<IdentifierResponse, 'code' | 'uris'>) =>
  ({ status: 200, mls: encodeBody(identifierResponse, { ...said, foundProfiles: [], extensions: [] }) }) as const
