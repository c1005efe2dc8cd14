/** What a client needs to join, to catch up or to resync: group info, the tree of an epoch, the Commits since one. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { activeFor, entitledToJoin, stranger } from '../../commands/group/access.js'
import type { By } from '../../commands/group/access.js'
import type { ActiveGroup } from '../../commands/group/fold/state.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { encodeTree } from '../../mls/group/publicGroup.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { bytesOut, epochField } from '../../contract/fields.js'
import { groupParams, tag } from './groupFields.js'
import type { GroupDependencies } from './groupDependencies.js'
import { eventsAfter, revisionOfEpoch } from './groupHistory.js'
import { pendingProposals, requiredRemoval, requiredRemovals } from './groupView.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Reply } from '../http/route.js'

const treeField = bytesOut.describe('The content of the ratchet_tree extension (RFC 9420 §12.4.3.3)')
const pastCommit = z
  .object({ epoch: epochField.describe('The one that it began'), commit: bytesOut.describe('An MLSMessage') })
  .meta({ title: 'PastCommit', description: 'A Commit that began an epoch' })

export const groupStateRoutes = (deps: GroupDependencies): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/groups/{group}/groupInfo',
    tag,
    summary: 'The GroupInfo of the current epoch, to resync or to join as another client of a member',
    description: 'As message/mls the GroupInfo alone.',
    access: 'client',
    params: groupParams,
    success: {
      status: 200,
      body: z.object({
        epoch: epochField,
        groupInfo: bytesOut.describe('An MLSMessage'),
        ratchetTree: treeField.describe('The same, beside the GroupInfo, which need not carry it'),
        proposals: z.array(bytesOut).describe('Those that are pending, each an MLSMessage'),
        removals: z.array(requiredRemoval).describe('What the next Commit must remove'),
      }),
      mls: true,
    },
    problems: ['no-such-group', 'not-a-member', 'group-deleted'],
    answer: ({ principal, params }) => groupInfo(deps, principal, params.group),
  }),
  route({
    method: 'get',
    path: '/v1/groups/{group}/tree',
    tag,
    summary: 'The ratchet tree of an epoch (default: the current one)',
    description: 'For a client with a leaf at that epoch: a joiner whose Welcome carries no tree asks for it here.',
    access: 'client',
    params: groupParams,
    query: z.strictObject({ epoch: epochField.optional() }),
    success: { status: 200, body: z.object({ epoch: epochField, ratchetTree: treeField }) },
    problems: ['no-such-group', 'no-such-epoch', 'not-a-member', 'group-deleted', 'wrong-epoch'],
    answer: ({ principal, params, query }) => tree(deps, principal, params.group, query.epoch),
  }),
  route({
    method: 'get',
    path: '/v1/groups/{group}/commits',
    tag,
    summary: 'The Commits that followed an epoch',
    description: 'For a client with a leaf at that epoch, up to the Commit that removed it. Go on from `next`.',
    access: 'client',
    params: groupParams,
    query: z.strictObject({ from: epochField.describe('The Commits behind this epoch') }),
    success: {
      status: 200,
      body: z.object({
        commits: z.array(pastCommit).describe('In order'),
        next: epochField.optional().describe('The `from` to go on with, where there are more'),
      }),
    },
    problems: ['no-such-group', 'no-such-epoch', 'not-a-member', 'group-deleted', 'wrong-epoch'],
    answer: ({ principal, params, query }) => commits(deps, principal, params.group, BigInt(query.from)),
  }),
]

const groupInfo = async (deps: GroupDependencies, by: By, id: GroupId): Promise<Reply> => {
  const { state } = await deps.streams.read(groupAggregate, groupStream(id))
  const group = entitledToJoin(state, by)
  if ('rejected' in group) return group
  const bytes = await deps.blobs.get(group.groupInfo.digest)
  if (bytes === undefined) throw new StoreUnavailable('a GroupInfo is not in the blob store')
  const body = {
    epoch: String(group.mls.epoch),
    groupInfo: toBase64url(bytes),
    ratchetTree: toBase64url(encodeTree(group.mls)),
    proposals: pendingProposals(group).map(({ proposal }) => proposal),
    removals: requiredRemovals(group),
  }
  return { status: 200, body, mls: bytes }
}

const tree = async (deps: GroupDependencies, by: By, id: GroupId, epoch: string | undefined): Promise<Reply> => {
  const { state } = await deps.streams.read(groupAggregate, groupStream(id))
  const group = activeFor(state, by)
  if ('rejected' in group) return group
  const then = await groupAt(deps, group, by, epoch === undefined ? group.mls.epoch : BigInt(epoch))
  if ('rejected' in then) return then
  return { status: 200, body: { epoch: String(then.mls.epoch), ratchetTree: toBase64url(encodeTree(then.mls)) } }
}

/** The group as it was at an epoch in which this client had a leaf. */
const groupAt = async (
  deps: GroupDependencies,
  group: ActiveGroup,
  by: By,
  epoch: bigint,
): Promise<ActiveGroup | Rejected> => {
  // Whoever has no leaf at that epoch must not learn which epochs there are.
  if (!group.known.has(by.client)) return stranger(group, by)
  if (epoch > group.mls.epoch) return reject({ code: 'wrong-epoch', currentEpoch: String(group.mls.epoch) })
  const revision = await revisionOfEpoch(deps, group, epoch)
  if (revision === undefined) return reject({ code: 'read-model-behind' })
  const then =
    epoch === group.mls.epoch ? group : await deps.streams.readAt(groupAggregate, groupStream(group.group), revision)
  if (then.status === 'active' && then.clients.has(by.client)) return then
  const since = seatedSince(group, by)
  if (since === undefined || since <= revision) return reject({ code: 'not-a-member' })
  return reject({ code: 'no-such-epoch', first: String(await epochBegunBy(deps, group, since)) })
}

/** The epoch in which a member came. */
const epochBegunBy = async (
  { streams }: GroupDependencies,
  { group, mls, recent }: ActiveGroup,
  revision: number,
): Promise<bigint> => {
  const known = recent.find((place) => place.revision === revision)
  if (known !== undefined) return known.epoch
  const then = await streams.readAt(groupAggregate, groupStream(group), revision)
  return then.status === 'active' ? then.mls.epoch : mls.epoch
}

const commits = async (deps: GroupDependencies, by: By, id: GroupId, from: bigint): Promise<Reply> => {
  const { state } = await deps.streams.read(groupAggregate, groupStream(id))
  const group = activeFor(state, by)
  if ('rejected' in group) return group
  const revision = await revisionOfEpoch(deps, group, from)
  if (revision === undefined || !hasSatSince(group, by, revision)) {
    const then = await groupAt(deps, group, by, from)
    if ('rejected' in then) return then
  }
  const found: { readonly epoch: string; readonly commit: string }[] = []
  for await (const event of eventsAfter(deps, group, revision ?? group.createdAt)) {
    if (cutsOff(event, by)) break
    if (event.type !== 'CommitAccepted') continue
    found.push({ epoch: event.data.epoch, commit: event.data.commit })
    if (removes(event, by)) break
    if (found.length < deps.limits.listPageMax) continue
    const { epoch } = event.data
    return { status: 200, body: { commits: found, ...(epoch === String(group.mls.epoch) ? {} : { next: epoch }) } }
  }
  return { status: 200, body: { commits: found } }
}

/** What most who ask can be told by, without folding the past. */
const hasSatSince = (group: ActiveGroup, by: By, revision: number): boolean => {
  const since = seatedSince(group, by)
  return since !== undefined && since <= revision
}

/** The revision since which a member has its seat; undefined: it is none now. */
const seatedSince = ({ clients, leaves }: ActiveGroup, { client }: By): number | undefined =>
  leaves.get(clients.get(client) ?? -1)?.since

/** A required removal ends access at once; the Commit that removes is the last one shown. */
const cutsOff = (event: GroupEvent, { client }: By): boolean =>
  event.type === 'RemovalRequired' && event.data.leaves.some((leaf) => leaf.client === client)

const removes = (event: Extract<GroupEvent, { type: 'CommitAccepted' }>, { client }: By): boolean =>
  event.data.removed.some((leaf) => leaf.client === client) && !event.data.added.some((leaf) => leaf.client === client)
