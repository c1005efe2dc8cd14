/** How people find each other: by a whole handle, or by its beginning where that user allows it. */
import { z } from 'zod'
import { reject } from '../../streams/rejection.js'
import { foldHandle, handleHash } from '../../commands/account/handleReservation.js'
import type { Limits } from '../../limits/limits.js'
import type { Directory } from '../../projections/directory/queries.js'
import type { UserRow } from '../../projections/directory/tables.js'
import { described, userUri } from '../../contract/fields.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Charge } from '../http/budgets/rateLimits.js'
import type { Reply } from '../http/route.js'
import type { ClientPrincipal } from '../principal.js'

export type DirectoryRoutesDependencies = {
  readonly directory: Directory
  readonly handleKey: Uint8Array
  readonly limits: Limits
}

const handle = described(z.string().max(64), 'A whole handle', 'alice')
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
    description: 'Either `handle`, whole, or `prefix`, its beginning: of users who allow it, the first in order.',
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
    problems: [],
    rates: ({ principal }) => [lookup(principal)],
    costsMore: ({ principal }, reply) => (foundNobody(reply) ? [{ ...lookup(principal), cost: missCost }] : []),
    answer: async ({ principal, query: { handle, prefix } }) => {
      if ((handle === undefined) === (prefix === undefined)) {
        return reject({ code: 'malformed', detail: 'query: either handle or prefix' })
      }
      const found = handle === undefined ? await byPrefix(deps, prefix ?? '') : await byHandle(deps, handle)
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
