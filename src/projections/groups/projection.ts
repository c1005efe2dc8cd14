/** Which client, user and queue has a leaf in which group, and what is due by the clock: for reactions and routes. */
import type { FollowedEvent } from '../../events/followed.js'
import type { AddressedLeaf, GroupEvent, Occupant } from '../../events/group.js'
import type { MessagesEvent } from '../../events/messages.js'
import type { ReportEvent } from '../../events/report.js'
import type { GroupId, QueueId } from '../../mls/wire/ids.js'
import type { KeyPart } from '../../ports/readModels.js'
import type { Placed } from '../../items/placed.js'
import type { Projection, Rows } from '../projection.js'
import type { OpenReference } from '../../items/references.js'
import { allDeparted, departed, departing, updatedSince } from './departures.js'
import { forgetBlob, nameBlob, nameWelcome } from './blobNames.js'
import { faultReported, reportClosed, reportExpired, reportMade } from './reports.js'
import { groupsSchema, number, text } from './schema.js'
import { addMessage, dropSpans, restretchSpans } from './spans.js'

export const groupsProjection = (open: OpenReference): Projection => ({
  schema: groupsSchema,
  touches,
  project: (placed, rows) => project(placed, rows, open),
})

type DataOf<Type extends GroupEvent['type']> = Extract<GroupEvent, { type: Type }>['data']

/** Nearly every event is a message: a batch reads the settings of their groups together. */
const touches = ({ event }: Placed): readonly { readonly table: string; readonly key: readonly KeyPart[] }[] =>
  event.type === 'MessageAccepted' ? [{ table: 'groups', key: [event.data.group] }] : []

type Source = GroupEvent | MessagesEvent | FollowedEvent | ReportEvent
type Handlers = {
  readonly [Type in Source['type']]?: (
    data: Extract<Source, { type: Type }>['data'],
    placed: Placed,
    rows: Rows,
    open: OpenReference,
  ) => Promise<void> | void
}

const project = async (placed: Placed, rows: Rows, open: OpenReference): Promise<void> => {
  const { type, data } = placed.event
  const handlersByType: { readonly [type: string]: unknown } = handlers
  const handler = Object.hasOwn(handlersByType, type) ? handlersByType[type] : undefined
  if (typeof handler === 'function') await (handler as Handler)(data, placed, rows, open)
}
type Handler = (data: unknown, placed: Placed, rows: Rows, open: OpenReference) => Promise<void> | void

const created = async (
  { group, creator, settings, groupInfoBlob }: DataOf<'GroupCreated'>,
  { revision }: Placed,
  rows: Rows,
  open: OpenReference,
): Promise<void> => {
  rows.remove('reservations', [group])
  rows.put('groups', { group, retentionMs: settings.retentionMs })
  rows.put('epochs', { group, epoch: 0, revision })
  nameBlob(rows, group, 'groupInfo', groupInfoBlob.digest)
  await occupy(leafRow(group, creator, revision, open), rows)
}

/** What is left of an earlier stay goes first. Leaves of others are rows too, as in a group of our own. */
const followed = async (
  { group, epoch, settings, leaves, groupInfo, ratchetTree, profile }: DataOf<'GroupFollowed'>,
  { revision }: Placed,
  rows: Rows,
  open: OpenReference,
): Promise<void> => {
  await closed(group, rows)
  rows.put('groups', { group, retentionMs: settings.retentionMs, followed: true })
  rows.put('epochs', { group, epoch: Number(epoch), revision })
  nameBlob(rows, group, 'groupInfo', groupInfo.digest)
  // The fold begins with these, for as long as there is a log.
  nameBlob(rows, group, `followed ${revision} info`, groupInfo.digest)
  nameBlob(rows, group, `followed ${revision} tree`, ratchetTree.digest)
  if (profile !== undefined) nameBlob(rows, group, 'profile', profile.profile.digest)
  for (const leaf of leaves) await occupy(endless(leafRow(group, leaf, revision, open)), rows)
}

/** When a leaf has ended is for the hub to say: nothing is due here. */
const endless = ({ notAfter: _, ...leaf }: LeafRow): LeafRow => leaf

/** Removed leaves go first: a newcomer, or the same client again, may take their place. */
const committed = async (
  { group, epoch, added, removed, updated, groupInfo, welcome }: DataOf<'CommitAccepted'>,
  { revision, at }: Placed,
  rows: Rows,
  open: OpenReference,
): Promise<void> => {
  rows.put('epochs', { group, epoch: Number(epoch), revision })
  nameBlob(rows, group, 'groupInfo', groupInfo.digest)
  if (welcome !== undefined) await nameWelcome(rows, group, epoch, welcome.digest, at)
  const isFollowed = (await rows.get('groups', [group]))?.['followed'] === true
  for (const occupant of removed) {
    await vacate(group, occupant, rows)
    if (isFollowed) departed(group, occupant.leafIndex, rows)
  }
  const rowOf = (leaf: AddressedLeaf): LeafRow => {
    const row = leafRow(group, leaf, revision, open)
    return isFollowed ? endless(row) : row
  }
  for (const leaf of updated) {
    rows.put('leaves', rowOf(leaf))
    if (isFollowed) await updatedSince(group, leaf.leafIndex, rows)
  }
  for (const leaf of added) await occupy(rowOf(leaf), rows)
}

const occupy = async (leaf: LeafRow, rows: Rows): Promise<void> => {
  rows.put('leaves', leaf)
  await count(leaf.client, 1, rows)
}

const vacate = async (group: GroupId, { leafIndex, client }: Occupant, rows: Rows): Promise<void> => {
  rows.remove('leaves', [group, leafIndex])
  await count(client, -1, rows)
}

type LeafRow = Omit<AddressedLeaf, 'queue' | 'notAfter'> & {
  readonly notAfter?: number
  readonly group: GroupId
  readonly queue?: QueueId
  readonly changed: number
}
const leafRow = (group: GroupId, leaf: AddressedLeaf, revision: number, open: OpenReference): LeafRow => {
  const { leafIndex, user, client, notAfter } = leaf
  const queue = open(leaf.queue)
  return { group, leafIndex, user, client, notAfter, changed: revision, ...(queue === undefined ? {} : { queue }) }
}

const count = async (client: string, by: number, rows: Rows): Promise<void> => {
  const row = await rows.get('clients', [client])
  const groups = (row === undefined ? 0 : number(row, 'groups')) + by
  if (groups > 0) rows.put('clients', { client, groups })
  else rows.remove('clients', [client])
}

const markRequired = async (group: GroupId, leafIndex: number, rows: Rows): Promise<void> => {
  const row = await rows.get('leaves', [group, leafIndex])
  if (row === undefined) return
  const { notAfter: _, ...rest } = row
  rows.put('leaves', rest)
}

const changed = async (group: GroupId, retentionMs: number, rows: Rows): Promise<void> => {
  rows.put('groups', { ...(await rows.get('groups', [group])), group, retentionMs })
  await restretchSpans(group, retentionMs, rows)
}

/** The newest message for some only, while it is there: an expiry must count what it lets go. */
const noteTargeted = async (group: GroupId, revision: number, rows: Rows): Promise<void> => {
  const row = await rows.get('groups', [group])
  if (row !== undefined) rows.put('groups', { ...row, targetedAt: revision })
}
const forgetTargeted = async (group: GroupId, upToRevision: number, rows: Rows): Promise<void> => {
  const { targetedAt, ...row } = (await rows.get('groups', [group])) ?? {}
  if (typeof targetedAt === 'number' && targetedAt <= upToRevision) rows.put('groups', row)
}

/** Its messages still age; the row in `groups` stays for their sake. */
const closed = async (group: GroupId, rows: Rows): Promise<void> => {
  const leaves = await rows.range({ table: 'leaves', index: 'key', prefix: [group], limit: 20_000 })
  for (const row of leaves) {
    rows.remove('leaves', [group, number(row, 'leafIndex')])
    await count(text(row, 'client'), -1, rows)
  }
  forgetBlob(rows, group, 'groupInfo')
  forgetBlob(rows, group, 'profile')
  rows.remove('faults', [group])
  await allDeparted(group, rows)
}

const handlers: Handlers = {
  GroupIdReserved: ({ group, client, until }, _placed, rows) => {
    rows.put('reservations', { group, client, until })
  },
  GroupCreated: created,
  GroupFollowed: followed,
  CommitAccepted: committed,
  RemovalRequired: async ({ group, leaves }, _placed, rows) => {
    for (const { leafIndex } of leaves) {
      await markRequired(group, leafIndex, rows)
      departed(group, leafIndex, rows)
    }
  },
  ProfileChanged: ({ group, profile }, _placed, rows) => {
    nameBlob(rows, group, 'profile', profile.digest)
  },
  SettingsChanged: ({ group, settings }, _placed, rows) => changed(group, settings.retentionMs, rows),
  GroupDeleted: ({ group }, _placed, rows) => closed(group, rows),
  GroupReset: ({ group }, _placed, rows) => closed(group, rows),
  MessageAccepted: async ({ group, targets }, placed, rows) => {
    await addMessage(placed, group, rows)
    if (targets !== undefined) await noteTargeted(group, placed.revision, rows)
  },
  MessagesExpired: async ({ group, upToRevision }, _placed, rows) => {
    await dropSpans(group, upToRevision, rows)
    await forgetTargeted(group, upToRevision, rows)
  },
  RemovalAsked: departing,
  FaultReported: faultReported,
  ReportMade: reportMade,
  ReportClosed: reportClosed,
  ReportExpired: reportExpired,
}
