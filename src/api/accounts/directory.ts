/** How people find each other: by a whole handle, or by its beginning where that user allows it. */
import { z } from 'zod'
import { reject } from '../../streams/rejection.js'
import { foldHandle, handleHash } from '../../commands/account/handleReservation.js'
import { parseDomain } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { OtherServers } from '../../ports/peers.js'
import type { Limits } from '../../limits/limits.js'
import type { Directory } from '../../projections/directory/queries.js'
import type { UserRow } from '../../projections/directory/tables.js'
import { described, userUri } from '../../contract/fields.js'
import { elsewhereProblems } from '../elsewhere/elsewhere.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Charge } from '../http/budgets/rateLimits.js'
import type { Reply } from '../http/route.js'
import type { ClientPrincipal } from '../principal.js'

export type DirectoryRoutesDependencies = {
  readonly directory: Directory
  readonly handleKey: Uint8Array
  readonly limits: Limits
  readonly domain: Domain
  /** Undefined: no other server is asked. */
  readonly others?: OtherServers | undefined
}

/** Of a handle, and of a domain behind it. */
const handleCharsMax = 320
const handle = described(
  z.string().max(handleCharsMax),
  'A whole handle; of another server’s user with its domain: bob@b.example',
  'alice',
)
const foundUser = z
  .object({ user: userUri, handle })
  .meta({ title: 'FoundUser', description: 'A user who can be found' })

const prefixPattern = /^[a-z0-9][a-z0-9._-]{0,31}$/

export const directoryRoutes = (deps: DirectoryRoutesDependencies): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/directory',
    tag: 'Authentication Service',
    summary: 'Find users by handle',
    description:
      'Either `handle`, whole, or `prefix`, its beginning: of users who allow it, the first in order. A handle with a domain behind it is looked up at that server.',
    access: 'client',
    query: z.strictObject({
      handle: handle.optional(),
      prefix: described(z.string().max(64), 'The beginning of handles', 'ali').optional(),
    }),
    example: { query: { handle: 'alice' } },
    success: {
      status: 200,
      body: z.object({ users: z.array(foundUser).describe('Nobody where nobody may be found by it') }),
    },
    problems: [...elsewhereProblems],
    rates: ({ principal }) => [lookup(principal)],
    costsMore: ({ principal }, reply) => (foundNobody(reply) ? [{ ...lookup(principal), cost: missCost }] : []),
    answer: async ({ principal, query: { handle, prefix } }) => {
      if ((handle === undefined) === (prefix === undefined)) {
        return reject({ code: 'malformed', detail: 'query: either handle or prefix' })
      }
      const elsewhere = handle === undefined ? undefined : elsewhereIn(handle, deps.domain)
      if (elsewhere !== undefined)
        return { status: 200, body: { users: await findElsewhere(deps, elsewhere, principal) } }
      const here = handle?.endsWith(`@${deps.domain}`) === true ? handle.slice(0, -deps.domain.length - 1) : handle
      const found = here === undefined ? await byPrefix(deps, prefix ?? '') : await byHandle(deps, here)
      const others = found.map(({ user }) => user)
      // Someone a user has blocked sees what an unknown handle shows.
      const blockers = await deps.directory.blockersOf(principal.user, others)
      const users = found.flatMap(({ user, handle: name }) =>
        name === null || blockers.has(user) ? [] : [{ user, handle: name }],
      )
      return { status: 200, body: { users } }
    },
  }),
]

/** Guessing is what misses: it costs three times as much. */
const missCost = 2

const lookup = ({ client }: ClientPrincipal): Charge => ({ rate: 'directoryLookupsPerClient', key: client })

const foundNobody = (reply: Reply): boolean =>
  !('rejected' in reply) && (reply.body as { readonly users: readonly unknown[] }).users.length === 0

type Elsewhere = { readonly handle: string; readonly domain: Domain }

/** No handle has an @ in it. */
const elsewhereIn = (handle: string, ours: Domain): Elsewhere | undefined => {
  const at = handle.indexOf('@')
  const domain = at < 0 ? undefined : parseDomain(handle.slice(at + 1).toLowerCase())
  return domain === undefined || domain === ours ? undefined : { handle: handle.slice(0, at), domain }
}

const findElsewhere = async (
  { others }: DirectoryRoutesDependencies,
  { handle, domain }: Elsewhere,
  { user: by }: ClientPrincipal,
): Promise<readonly { readonly user: UserId; readonly handle: string }[]> => {
  const folded = foldHandle(handle)
  if (others === undefined || folded === undefined) return []
  const found = await others.findUser({ domain, handle: folded, by })
  return found.map((user) => ({ user, handle: `${folded}@${domain}` }))
}

type Finding = Promise<readonly UserRow[]>

const byHandle = async ({ directory, handleKey }: DirectoryRoutesDependencies, handle: string): Finding => {
  const folded = foldHandle(handle)
  const found = folded === undefined ? undefined : await directory.byHandle(handleHash(handleKey, folded))
  return found === undefined ? [] : [found]
}

const byPrefix = async ({ directory, limits }: DirectoryRoutesDependencies, prefix: string): Finding => {
  const folded = prefix.toLowerCase()
  return prefixPattern.test(folded) ? directory.byPrefix(folded, { limit: limits.listPageMax }) : []
}
