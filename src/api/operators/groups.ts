/** Groups, for operators: listed by what the server knows of each, and deleted or reset on record. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import { described, groupUri } from '../../contract/fields.js'
import { groupsAnswer } from '../../contract/groupsShown.js'
import type { GroupShown } from '../../contract/groupsShown.js'
import { operatorPath } from '../../contract/operators.js'
import { afterField } from '../../contract/people.js'
import { groupStream } from '../../events/group.js'
import { messagesStream } from '../../events/messages.js'
import type { Limits } from '../../limits/limits.js'
import { parseGroupId } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { GroupQueries } from '../../projections/groups/queries.js'
import type { ReportQueries } from '../../projections/groups/reportQueries.js'
import type { FaultsRow } from '../../projections/groups/reports.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import { pageLimit } from '../http/withinLimits.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { knownAct, recordedAct, whyBody } from './recordedAct.js'
import type { AskedAct } from './recordedAct.js'

export type GroupsDependencies = {
  readonly streams: Streams
  readonly events: Pick<EventStore, 'last'>
  readonly people: {
    readonly groups: Pick<GroupQueries, 'groups'>
    readonly reports: Pick<ReportQueries, 'faultsOf' | 'faultyGroups'>
  }
  readonly limits: Limits
}

const tag = 'Operators'
const path = `${operatorPath}/groups`

export const groupRoutes = (deps: GroupsDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'List the groups',
    description:
      'How large each is, its epoch, its admins by number, what must be removed, which faults its members reported, when it was last used: not who is in it. Each is read from its own stream, so ask for few at a time. Pass `next` back as `after`. With `faults` only those of which some were reported.',
    access: 'read',
    query: z.strictObject({
      after: afterField.optional(),
      faults: described(z.literal('reported'), 'Only groups of which members reported faults', 'reported').optional(),
      limit: pageLimit(deps.limits),
    }),
    success: { status: 200, body: groupsAnswer },
    problems: [],
    answer: async ({ query: { after, faults, limit } }) => {
      const above = after === undefined ? undefined : parseGroupId(after)
      if (after !== undefined && above === undefined)
        return reject({ code: 'malformed', detail: 'query.after: not the `next` of a page' })
      const { groups: all, reports } = deps.people
      const found = await (faults === undefined ? all.groups : reports.faultyGroups)({ after: above, limit })
      const reported = await reports.faultsOf(found)
      const groups = (await Promise.all(found.map((group, nth) => shown(deps, group, reported[nth])))).flat()
      const last = found.length < limit ? undefined : found.at(-1)
      return { status: 200, body: { groups, ...(last === undefined ? {} : { next: last }) } }
    },
  }),
  operatorRoute({
    method: 'delete',
    path: `${path}/{group}`,
    tag,
    summary: 'Delete a group',
    description:
      'As if an admin of it had: nothing is accepted in it any more, its members are told. Another server’s is that one’s to delete.',
    access: 'operate',
    params: z.strictObject({ group: groupUri }),
    body: whyBody,
    success: positionOnly,
    problems: ['no-such-group', 'group-deleted', 'not-allowed'],
    known: knownAct(deps.streams),
    answer: (asked) => end(deps, asked, 'deleteGroup'),
  }),
  operatorRoute({
    method: 'post',
    path: `${path}/{group}/reset`,
    tag,
    summary: 'Give a wedged group up',
    description:
      'As an admin of it can, whoever they are: nothing is accepted in it any more, its members are told. No successor is named, for only a client can make one. Another server’s is that one’s to reset.',
    access: 'operate',
    params: z.strictObject({ group: groupUri }),
    body: whyBody,
    success: positionOnly,
    problems: ['no-such-group', 'group-deleted', 'not-allowed'],
    known: knownAct(deps.streams),
    answer: (asked) => end(deps, asked, 'resetGroup'),
  }),
]

type Ending = 'deleteGroup' | 'resetGroup'

const end = async (
  { streams }: GroupsDependencies,
  asked: AskedAct & { readonly params: { readonly group: GroupId } },
  type: Ending,
): Promise<CommandReply> => {
  const { group } = asked.params
  const { state } = await streams.read(groupAggregate, groupStream(group))
  const why = whyNot(state, group, type)
  return why === undefined || (await knownAct(streams)(asked)) ? recordedAct(streams, asked, { type, group }) : why
}

/** Why there is nothing to end: what is refused is no act. In a log of before decision 28 another server's may stand in its place. */
const whyNot = (state: Group, group: GroupId, ending: Ending): Rejected | undefined => {
  const isKnown = state.status !== 'none' && state.status !== 'reserved' && state.group === group
  if (!isKnown) return reject({ code: 'no-such-group' })
  if (state.status !== 'active') return reject({ code: 'group-deleted' })
  return state.hub === undefined ? undefined : reject({ code: 'not-allowed', capability: `${ending}Elsewhere` })
}

const shown = async (
  { streams, events }: GroupsDependencies,
  group: GroupId,
  faults: FaultsRow | undefined,
): Promise<readonly GroupShown[]> => {
  const { state } = await streams.read(groupAggregate, groupStream(group))
  if (state.status === 'none' || state.status === 'reserved') return []
  const last = await Promise.all([groupStream(group), messagesStream(group)].map((stream) => events.last(stream)))
  const times = last.flatMap((event) => event?.meta.at ?? [])
  const common = {
    group,
    status: state.status,
    ...(state.hub === undefined ? {} : { hub: state.hub }),
    ...(faults === undefined ? {} : { faults: { count: faults.count, last: faults.last } }),
    ...(times.length === 0 ? {} : { lastActivity: Math.max(...times) }),
  }
  if (state.status !== 'active') return [common]
  const { mls, users, leaves, required } = state
  const admins = [...users.values()].filter(({ role }) => role === 'admin').length
  const sizes = { users: users.size, clients: leaves.size, admins, pendingRemovals: required.size }
  return [{ ...common, epoch: mls.epoch.toString(), ...sizes }]
}
