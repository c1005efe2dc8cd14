/** Roles and settings of a group: its admins' to change. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { changeRole } from '../../commands/group/roles.js'
import { changeSettings } from '../../commands/group/settings.js'
import { groupStream } from '../../events/group.js'
import { groupUri, roleField, userUri } from '../../contract/fields.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { groupParams, knownOfGroup, settingsField, tag } from './groupFields.js'
import type { GroupDependencies } from './groupDependencies.js'
import { route } from '../door.js'
import type { Route } from '../door.js'

export const groupRoleRoutes = ({ streams, limits }: GroupDependencies): readonly Route[] => [
  route({
    method: 'put',
    path: '/v1/groups/{group}/roles/{user}',
    tag,
    summary: 'Change a member’s role',
    description: 'A role belongs to the user: all its clients share it. Effective at once.',
    access: 'client',
    params: z.strictObject({ group: groupUri, user: userUri }),
    body: z.strictObject({ role: roleField }),
    success: positionOnly,
    problems: ['no-such-group', 'not-a-member', 'not-allowed', 'no-such-user', 'group-deleted'],
    known: knownOfGroup(streams),
    answer: async ({ principal, params, body, command }) => {
      const decide = changeRole({ by: principal, user: params.user, role: body.role })
      const outcome = await streams.execute(groupAggregate, groupStream(params.group), command, decide)
      return positionReply(outcome)
    },
  }),
  route({
    method: 'put',
    path: '/v1/groups/{group}/settings',
    tag,
    summary: 'Change how long messages are kept',
    description: 'Members are told. What is older by then falls out.',
    access: 'client',
    params: groupParams,
    body: settingsField,
    success: positionOnly,
    problems: ['no-such-group', 'not-a-member', 'not-allowed', 'limit-reached', 'group-deleted'],
    known: knownOfGroup(streams),
    answer: async ({ principal, params, body, command }) => {
      const decide = changeSettings({ by: principal, settings: body, limits })
      const outcome = await streams.execute(groupAggregate, groupStream(params.group), command, decide)
      return positionReply(outcome)
    },
  }),
]
