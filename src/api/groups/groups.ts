/** Groups: reserving an id, creating, reading and deleting one. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { CommandContext } from '../../streams/decider.js'
import { groupAggregate } from '../../commands/group/group.js'
import { memberGroupOf } from '../../commands/group/access.js'
import { createGroup, readGroupOfOne, refuseCreation } from '../../commands/group/creation.js'
import { deleteGroup } from '../../commands/group/deletion.js'
import type { LeafPolicy } from '../../commands/group/leaves.js'
import { reserveGroupId } from '../../commands/group/reservation.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream } from '../../events/group.js'
import { idBytes, makeId } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { members } from '../../mls/group/publicGroup.js'
import { bytesIn, epochField, groupUri, placed, timeOut } from '../../contract/fields.js'
import { decidedElsewhere, elsewhereProblems } from '../elsewhere/elsewhere.js'
import { positionOnly } from '../http/positionOnly.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import { decided } from './decided.js'
import { groupParams, knownOfGroup, settingsField, tag } from './groupFields.js'
import type { GroupDependencies } from './groupDependencies.js'
import { groupView, groupViewOf } from './groupView.js'
import type { ClientPrincipal } from '../principal.js'
import { recordedIn } from '../http/place.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Ask, CommandReply } from '../http/route.js'

const createBody = z.strictObject({
  groupInfo: bytesIn.describe('An MLSMessage'),
  ratchetTree: bytesIn.optional().describe('The content of the ratchet_tree extension, where the GroupInfo has none'),
  settings: settingsField.optional(),
})

/** A group id that was not reserved is explained, whichever server it seems to be of. */
export const creationRoutes = (deps: GroupDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/groups',
    tag,
    summary: 'Reserve a group id',
    description: 'The id is the MLS group_id (its UTF-8). Only this client can create the group, until `until` (ms).',
    access: 'client',
    success: {
      status: 201,
      body: z.object({ group: groupUri, until: timeOut.describe('So long it is reserved, ms since 1970'), ...placed }),
    },
    problems: ['limit-reached'],
    known: ({ command }) => deps.streams.knows(groupAggregate, groupStream(reservedBy(deps, command)), command),
    answer: ({ principal, command }) => reserve(deps, principal, command),
  }),
  route({
    method: 'put',
    path: '/v1/groups/{group}',
    tag,
    summary: 'Create a group',
    description:
      'A group of one at epoch 0: the only leaf is the caller’s, and required_capabilities names extension 0xF0C1 and the x509 credential. The tree stands in the GroupInfo or beside it; as message/mls the GroupInfo alone.',
    access: 'client',
    params: groupParams,
    body: createBody,
    mls: true,
    success: { status: 201, body: z.object({ group: groupUri, epoch: epochField, ...placed }) },
    problems: [
      'no-such-group',
      'already-exists',
      'identity-mismatch',
      'group-info-mismatch',
      'invalid-leaf',
      'invalid-proposal',
      'unsupported-ciphersuite',
      'unsupported-message',
      'limit-reached',
      'group-deleted',
    ],
    known: knownOfGroup(deps.streams),
    rates: ({ principal }) => [{ rate: 'groupsCreatedPerUser', key: principal.user }],
    answer: (ask) => create(deps, ask),
  }),
]

const deletionProblems = ['no-such-group', 'not-a-member', 'not-allowed', 'group-deleted'] as const

export const groupRoutes = (deps: GroupDependencies): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/groups/{group}',
    tag,
    summary: 'Read a group: members, roles, settings, what is pending',
    description: 'As the server follows it: its public state.',
    access: 'client',
    params: groupParams,
    success: { status: 200, body: groupView },
    problems: ['no-such-group', 'not-a-member', 'group-deleted'],
    answer: async ({ principal, params }) => {
      const { state } = await deps.streams.read(groupAggregate, groupStream(params.group))
      const group = memberGroupOf(state, principal)
      return 'rejected' in group ? group : { status: 200, body: groupViewOf(group) }
    },
  }),
  route({
    method: 'delete',
    path: '/v1/groups/{group}',
    tag,
    summary: 'Delete a group',
    description: 'For good; its members are told.',
    access: 'client',
    params: groupParams,
    success: positionOnly,
    also: [decidedElsewhere],
    problems: [...deletionProblems, ...elsewhereProblems],
    known: knownOfGroup(deps.streams),
    answer: ({ principal: by, params: { group }, command }) =>
      decided(deps, { by, group, command, asked: { type: 'deleteGroup' } }, deletionProblems, () => deleteGroup(by)),
  }),
]

const reserve = async (
  deps: GroupDependencies,
  by: ClientPrincipal,
  command: CommandContext,
): Promise<CommandReply> => {
  const { limits } = deps
  if (!(await deps.groupsLevel())) return reject({ code: 'read-model-behind' })
  const group = reservedBy(deps, command)
  const outcome = await deps.streams.execute(
    groupAggregate,
    groupStream(group),
    command,
    reserveGroupId({
      by,
      group,
      until: command.at + limits.groupIdReservedMs,
      open: await deps.groups.openReservations(by.client, command.at),
      limits,
    }),
  )
  if ('rejected' in outcome) return outcome
  const [reserved] = outcome.recorded
  if (reserved?.type !== 'GroupIdReserved') throw new Error('a group id was reserved without its event')
  return { status: 201, body: { group, until: reserved.data.until }, ...recordedIn(outcome) }
}

/** The id derives from the command, so that a retry finds the stream, and the answer, of the first attempt. */
const reservedBy = ({ domain }: GroupDependencies, command: Pick<CommandContext, 'id'>): GroupId =>
  makeId('group', domain, idFrom(command.id))

const idFrom = (command: string): Uint8Array =>
  createHash('sha256').update(`group id\n${command}`).digest().subarray(0, idBytes)

type Created = Ask<ClientPrincipal, z.infer<typeof groupParams>, undefined, z.infer<typeof createBody>>

const create = async (deps: GroupDependencies, ask: Created): Promise<CommandReply> => {
  const { principal, params, command, mls } = ask
  const { groupInfo, ratchetTree, settings } = mls === undefined ? ask.body : { groupInfo: mls }
  const max = deps.limits.groupInfoBytesMax
  if (groupInfo.length > max) return reject({ code: 'too-large', max, actual: groupInfo.length })
  const treeMax = deps.limits.ratchetTreeBytesMax
  if (ratchetTree !== undefined && ratchetTree.length > treeMax) {
    return reject({ code: 'too-large', max: treeMax, actual: ratchetTree.length })
  }
  const asked = {
    by: principal,
    group: params.group,
    groupInfo,
    ratchetTree,
    groupInfoBlob: blobReferenceOf(groupInfo),
    settings: settings ?? { retentionMs: deps.limits.queueAgeMsMax },
    now: command.at,
    groupsOfClient: await deps.groups.groupsOf(principal.client),
    limits: deps.limits,
  }
  const stream = groupStream(params.group)
  const { state: before } = await deps.streams.read(groupAggregate, stream)
  const policy = refuseCreation(before, asked) ?? (await policyFor(deps, groupInfo, ratchetTree, command.at))
  const decide = 'rejected' in policy ? () => explained(policy) : createGroup({ ...asked, policy })
  const outcome = await executeStoring(deps, groupAggregate, { stream, command, before, decide, bytes: [groupInfo] })
  if ('rejected' in outcome) return outcome
  return { status: 201, body: { group: params.group, epoch: '0' }, ...recordedIn(outcome) }
}

/** One answer for whatever stands in the way, a group of others as well. */
const explained = (refused: Rejected): Rejected => (refused.rejected.code === 'no-such-group' ? notReserved : refused)
const notReserved: Rejected = reject({
  code: 'no-such-group',
  detail: 'not an id that this client has reserved, or no longer: POST /v1/groups reserves one',
})

/** The queue that its leaf names must be looked up before the group can be judged. */
const policyFor = async (
  { leafPolicy }: GroupDependencies,
  groupInfo: Uint8Array,
  ratchetTree: Uint8Array | undefined,
  now: number,
): Promise<LeafPolicy | Rejected> => {
  const claimed = readGroupOfOne(groupInfo, ratchetTree)
  if ('rejected' in claimed) return claimed
  return leafPolicy(
    members(claimed.group).map(({ leaf }) => leaf),
    now,
  )
}
