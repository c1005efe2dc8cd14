/** A Commit that members cannot process: reporting it, and giving the group up for a fresh id. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { notReserved, reportFault, resetGroup } from '../../commands/group/faults.js'
import { groupStream } from '../../events/group.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { described, epochField, groupUri } from '../../contract/fields.js'
import { decidedElsewhere, elsewhereProblems, placeElsewhereAnswer } from '../elsewhere/elsewhere.js'
import { placeAnswer, positionOnly } from '../http/positionOnly.js'
import { decided } from './decided.js'
import { groupParams, knownOfGroup, tag } from './groupFields.js'
import type { GroupDependencies } from './groupDependencies.js'
import type { ClientPrincipal } from '../principal.js'
import { route } from '../door.js'
import type { Route } from '../door.js'

const detailMax = 2_000
const faultProblems = ['no-such-group', 'not-a-member', 'wrong-epoch', 'group-deleted'] as const
const resetProblems = ['no-such-group', 'not-a-member', 'not-allowed', 'group-deleted'] as const

export const faultRoutes = (deps: GroupDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/groups/{group}/faults',
    tag,
    summary: 'Report a Commit that cannot be processed',
    description: 'The server cannot see what is inside a path. The group’s admins get a notice.',
    access: 'client',
    params: groupParams,
    body: z.strictObject({
      epoch: epochField.describe('The one that the Commit began'),
      detail: described(
        z.string().max(detailMax),
        'What went wrong, for people',
        'the path does not decrypt',
      ).optional(),
    }),
    success: { status: 202, body: z.union([placeAnswer, placeElsewhereAnswer]) },
    problems: [...faultProblems, 'not-allowed', ...elsewhereProblems],
    known: knownOfGroup(deps.streams),
    rates: ({ principal, params }) => [
      { rate: 'proposalsPerClientAndGroup', key: `${principal.client} ${params.group}` },
    ],
    answer: async ({ principal: by, params: { group }, body: { epoch, detail = '' }, command }) => {
      const asked = { type: 'reportFault', client: by.client, epoch, detail } as const
      const reply = await decided(deps, { by, group, command, asked }, faultProblems, () =>
        reportFault({ by, epoch: BigInt(epoch), detail }),
      )
      return 'rejected' in reply ? reply : { ...reply, status: 202 }
    },
  }),
  route({
    method: 'post',
    path: '/v1/groups/{group}/reset',
    tag,
    summary: 'Give a wedged group up for a fresh id',
    description: 'On record: the group takes nothing more, and its members get a notice with the successor.',
    access: 'client',
    params: groupParams,
    body: z.strictObject({ successor: groupUri.describe('A group id that you reserved') }),
    success: positionOnly,
    also: [decidedElsewhere],
    problems: [...resetProblems, ...elsewhereProblems],
    known: knownOfGroup(deps.streams),
    answer: async ({ principal: by, params: { group }, body: { successor }, command }) => {
      const successorIsReserved = await isReservedBy(deps, by, successor, command.at)
      const asked = { type: 'resetGroup', successor } as const
      const refused = successorIsReserved ? undefined : notReserved
      return decided(deps, { by, group, command, asked, refused }, resetProblems, () =>
        resetGroup({ by, successor, successorIsReserved }),
      )
    },
  }),
]

const isReservedBy = async (
  { streams, domain }: GroupDependencies,
  { user }: ClientPrincipal,
  group: GroupId,
  now: number,
): Promise<boolean> => {
  if (domainOf(group) !== domain) return false
  const { state } = await streams.read(groupAggregate, groupStream(group))
  return state.status === 'reserved' && state.user === user && now < state.until
}
