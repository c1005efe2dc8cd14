/** The groups of a user: for a client that has no state of them, and joins each by an external Commit. */
import { z } from 'zod'
import { groupUri } from '../../contract/fields.js'
import { pageLimit } from '../http/withinLimits.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { GroupDependencies } from './groupDependencies.js'
import { tag } from './groupFields.js'

export const ownGroupRoutes = (deps: GroupDependencies): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/users/me/groups',
    tag,
    summary: 'List the groups that a client of yours is in',
    description:
      'Pass `next` back as `after` for the next page. A client that is not in may join by an external Commit.',
    access: 'client',
    query: z.strictObject({
      after: groupUri.optional().describe('The `next` of the page before'),
      limit: pageLimit(deps.limits),
    }),
    success: {
      status: 200,
      body: z.object({
        groups: z.array(groupUri).describe('In an order of their own'),
        next: groupUri.optional().describe('The `after` of the next page, where there may be one'),
      }),
    },
    problems: [],
    answer: async ({ principal, query: { after, limit } }) => {
      const groups = await deps.groups.groupsOfUser(principal.user, { after, limit })
      const next = groups.length === limit ? groups.at(-1) : undefined
      return { status: 200, body: { groups, ...(next === undefined ? {} : { next }) } }
    },
  }),
]
