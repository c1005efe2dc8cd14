/** What is asked of the groups' read model. */
import type { Occupant } from '../../events/group.js'
import { parseClientId, parseGroupId, parseUserId } from '../../mls/wire/ids.js'
import type { ClientId, GroupId, QueueId, UserId } from '../../mls/wire/ids.js'
import type { KeyPart, ReadModel, Row } from '../../ports/readModels.js'
import { allRows } from '../allRows.js'
import { departuresIn } from './departures.js'
import type { DepartureRow } from './departures.js'
import { number, text } from './schema.js'

/** `changed`: the revision of the group's stream that last changed the leaf. */
export type SeatedLeaf = Occupant & { readonly group: GroupId; readonly changed: number }
/** Messages of a group up to a revision that are past its retention. */
export type DueMessages = {
  readonly group: GroupId
  readonly upToRevision: number
  /** Some of those that are there are for some only. */
  readonly hasTargeted: boolean
}

export type GroupQueries = {
  /** Ids that the client holds and may still use. */
  openReservations(client: ClientId, now: number): Promise<number>
  groupsOf(client: ClientId): Promise<number>
  /** The revision of the group's stream that began the epoch. */
  revisionOf(group: GroupId, epoch: bigint): Promise<number | undefined>
  leavesOfClient(client: ClientId): Promise<readonly SeatedLeaf[]>
  leavesOfUser(user: UserId): Promise<readonly SeatedLeaf[]>
  /** A page of the groups in which the user has a leaf, in their order, above `after`. */
  groupsOfUser(
    user: UserId,
    page: { readonly after?: GroupId | undefined; readonly limit: number },
  ): Promise<readonly GroupId[]>
  /** A page of all groups that take messages or have some left, in their order, above `after`. */
  groups(page: { readonly after?: GroupId | undefined; readonly limit: number }): Promise<readonly GroupId[]>
  leavesOfQueue(queue: QueueId): Promise<readonly SeatedLeaf[]>
  /** A page of the leaves that had ended by then, ms, with their certificates or lifetimes. */
  leavesExpired(by: number): Promise<readonly SeatedLeaf[]>
  /** Leaves of ours that other servers' groups are to let go of. */
  departures(): Promise<readonly DepartureRow[]>
  messagesDue(now: number): Promise<readonly DueMessages[]>
  /** Whether a group still names the blob. */
  namesBlob(digest: string): Promise<boolean>
}

const pageRows = 500
/** RFC 9420 §4.1: a uint32. */
const leafIndexMax = 0xffffffff

export const groupQueries = (model: ReadModel): GroupQueries => {
  /** All rows of an index that start with a value; a client is in a thousand groups at most, a user in ten times that. */
  const leavesBy = async (index: string, value: KeyPart): Promise<readonly SeatedLeaf[]> => {
    const behind = (row: Row): readonly KeyPart[] => [text(row, 'group'), number(row, 'leafIndex')]
    return (await allRows(model, { table: 'leaves', index, prefix: [value] }, behind)).map(seatedLeaf)
  }

  return {
    openReservations: async (client, now) => {
      const rows = await model.range({
        table: 'reservations',
        index: 'byClient',
        prefix: [client],
        after: [now],
        limit: pageRows,
      })
      return rows.length
    },
    groupsOf: async (client) => {
      const row = await model.get('clients', [client])
      return row === undefined ? 0 : number(row, 'groups')
    },
    revisionOf: async (group, epoch) => {
      if (epoch > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
      const row = await model.get('epochs', [group, Number(epoch)])
      return row === undefined ? undefined : number(row, 'revision')
    },
    leavesOfClient: (client) => leavesBy('byClient', client),
    leavesOfUser: (user) => leavesBy('byUser', user),
    groupsOfUser: async (user, { after, limit }) => {
      const found: GroupId[] = []
      for (let last = after; found.length < limit; last = found.at(-1)) {
        const above = last === undefined ? {} : { after: [last, leafIndexMax] }
        const [row] = await model.range({ table: 'leaves', index: 'byUser', prefix: [user], ...above, limit: 1 })
        if (row === undefined) break
        found.push(seatedLeaf(row).group)
      }
      return found
    },
    groups: async ({ after, limit }) => {
      const above = after === undefined ? {} : { after: [after] }
      const rows = await model.range({ table: 'groups', index: 'key', prefix: [], ...above, limit })
      return rows.map((row) => must(parseGroupId(text(row, 'group'))))
    },
    leavesOfQueue: (queue) => leavesBy('byQueue', queue),
    leavesExpired: async (by) => {
      const rows = await model.range({ table: 'leaves', index: 'byExpiry', prefix: [], upTo: [by], limit: pageRows })
      return rows.map(seatedLeaf)
    },
    departures: () => departuresIn(model),
    messagesDue: async (now) => {
      const rows = await model.range({ table: 'spans', index: 'byExpiry', prefix: [], upTo: [now], limit: pageRows })
      const due = new Map<string, Omit<DueMessages, 'hasTargeted'>>()
      for (const row of rows) {
        const group = must(parseGroupId(text(row, 'group')))
        const upToRevision = Math.max(number(row, 'lastRevision'), due.get(group)?.upToRevision ?? 0)
        due.set(group, { group, upToRevision })
      }
      const all = [...due.values()]
      const groups = await model.getMany(
        'groups',
        all.map(({ group }) => [group]),
      )
      return all.map((one, index) => ({ ...one, hasTargeted: groups[index]?.['targetedAt'] !== undefined }))
    },
    namesBlob: async (digest) => {
      const rows = await model.range({ table: 'blobs', index: 'byDigest', prefix: [digest], limit: 1 })
      return rows.length > 0
    },
  }
}

const seatedLeaf = (row: Row): SeatedLeaf => ({
  group: must(parseGroupId(text(row, 'group'))),
  leafIndex: number(row, 'leafIndex'),
  user: must(parseUserId(text(row, 'user'))),
  client: must(parseClientId(text(row, 'client'))),
  changed: number(row, 'changed'),
})

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('a row of the groups with an unreadable id')
  return value
}
