/** Groups as operators see them: how large, how far, how lively; never who said what, nor who is in them. */
import { z } from 'zod'
import { described, epochField, groupUri, timeOut } from './fields.js'
import { afterField } from './people.js'

const count = (what: string, example: number) => described(z.number().int(), what, example)

const groupShown = z
  .object({
    group: groupUri,
    status: described(z.enum(['active', 'reset', 'deleted']), 'Whether it takes anything, or how it ended', 'active'),
    hub: described(z.string(), 'The server that decides in it, where that is another', 'elsewhere.example').optional(),
    epoch: epochField.optional().describe('The epoch that it is in, while it is active'),
    users: count('Users in it', 3).optional(),
    clients: count('Clients in it: its leaves', 5).optional(),
    admins: count('Users who are admins of it', 1).optional(),
    pendingRemovals: count('Leaves that the next Commit must remove', 0).optional(),
    faults: z
      .object({
        count: count('Commits that members could not process', 2),
        last: timeOut.describe('When the newest was reported, ms since 1970'),
      })
      .meta({ title: 'GroupFaults', description: 'Faults that members reported' })
      .optional(),
    lastActivity: timeOut.optional().describe('When something was last accepted in it, ms since 1970'),
  })
  .meta({ title: 'ListedGroup', description: 'A group in a list' })
export type GroupShown = z.infer<typeof groupShown>

export const groupsAnswer = z.object({
  groups: z.array(groupShown).describe('By their ids'),
  next: afterField.optional().describe('The `after` of the next page, where there is one'),
})
