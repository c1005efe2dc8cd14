/** Roles and settings of a group: its admins' to change. */
import { z } from 'zod'
import { changeRole } from '../../commands/group/roles.js'
import { changeSettings } from '../../commands/group/settings.js'
import { groupUri, roleField, userUri } from '../../contract/fields.js'
import { decidedElsewhere, elsewhereProblems } from '../elsewhere/elsewhere.js'
import { positionOnly } from '../http/positionOnly.js'
import { decided } from './decided.js'
import { groupParams, knownOfGroup, settingsField, tag } from './groupFields.js'
import type { GroupDependencies } from './groupDependencies.js'
import { route } from '../door.js'
import type { Route } from '../door.js'

const roleProblems = ['no-such-group', 'not-a-member', 'not-allowed', 'no-such-user', 'group-deleted'] as const
const settingsProblems = ['no-such-group', 'not-a-member', 'not-allowed', 'limit-reached', 'group-deleted'] as const

export const groupRoleRoutes = (deps: GroupDependencies): readonly Route[] => [
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
    also: [decidedElsewhere],
    problems: [...roleProblems, ...elsewhereProblems],
    known: knownOfGroup(deps.streams),
    answer: ({ principal: by, params: { group, user }, body: { role }, command }) =>
      decided(deps, { by, group, command, asked: { type: 'changeRole', user, role } }, roleProblems, () =>
        changeRole({ by, user, role }),
      ),
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
    also: [decidedElsewhere],
    problems: [...settingsProblems, ...elsewhereProblems],
    known: knownOfGroup(deps.streams),
    answer: ({ principal: by, params: { group }, body: settings, command }) =>
      decided(deps, { by, group, command, asked: { type: 'changeSettings', settings } }, settingsProblems, () =>
        changeSettings({ by, settings, limits: deps.limits }),
      ),
  }),
]
