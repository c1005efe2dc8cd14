/** People as operators see them: lists by what everybody may be found by, and one person's data on record. */
import { z } from 'zod'
import { claimPolicy, discovery } from '../events/user.js'
import { clientUri, described, groupUri, placed, queueUri, timeOut, userUri } from './fields.js'

const shownHandle = described(z.string().nullable(), 'The handle; null once it cannot be read any more', 'alice')
const policies = {
  discovery: described(discovery, 'Who finds the user', 'exact'),
  claims: described(claimPolicy, 'Who may claim its KeyPackages', 'anyone'),
}
const disabled = described(z.boolean(), 'Whether an operator keeps it out', false)

/** As a page goes on: a user id, or a handle. */
export const afterField = described(z.string().max(400), 'Where a page goes on: `next` of the one before', 'alice')

export const usersAnswer = z.object({
  users: z
    .array(
      z
        .object({ user: userUri, handle: shownHandle, ...policies, disabled })
        .meta({ title: 'ListedUser', description: 'A user in a list' }),
    )
    .describe('By their ids, or by their handles where those are searched'),
  next: afterField.optional().describe('The `after` of the next page, where there is one'),
})
export type UsersShown = z.infer<typeof usersAnswer>

export const userAnswer = z
  .object({
    user: userUri,
    handle: shownHandle,
    ...policies,
    disabled,
    recovery: described(z.boolean(), 'Whether a recovery key is set', true),
    clients: z
      .array(
        z
          .object({
            client: clientUri,
            directQueue: queueUri.describe('Its direct queue; its fan-out queues are nobody’s, by design'),
            waiting: described(z.number().int(), 'Items of that queue that wait, counted up to 1,000', 3),
            oldest: timeOut.optional().describe('When the oldest of them came, ms since 1970'),
          })
          .meta({ title: 'UserClientShown', description: 'A client of the user' }),
      )
      .describe('Its clients'),
    groups: z.array(groupUri).describe('Groups in which it has a client, the first in order'),
    moreGroups: described(z.boolean(), 'Whether there are more of them', false),
    ...placed,
  })
  .meta({ title: 'UserShown', description: 'What the server has of a user, but for what members alone can read' })
export type UserShown = z.infer<typeof userAnswer>
