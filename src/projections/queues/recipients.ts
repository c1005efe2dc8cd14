/** Whose queues show what is for a group or for one recipient: what those need who wake their owners. */
import type { Recipient } from '../../items/audience.js'
import type { Membership } from '../../items/membership.js'
import { parseClientId, parseQueueId, parseUserId } from '../../mls/wire/ids.js'
import type { GroupId, QueueId } from '../../mls/wire/ids.js'
import type { ReadModel } from '../../ports/readModels.js'
import { allRows } from '../allRows.js'
import { number, readMembership, text } from './schema.js'

export type Recipients = {
  /** All memberships of a group that a queue still has, those that ended among them. */
  ofGroup(group: GroupId): Promise<readonly Membership[]>
  /** The groups that a queue ever was in. */
  groupsOf(queue: QueueId): Promise<readonly GroupId[]>
  /** The queues that show what is for one recipient: its own, a client's, or those of all clients of a user. */
  queuesOf(recipient: Recipient): Promise<readonly QueueId[]>
}

export const recipientsIn = (model: ReadModel): Recipients => ({
  ofGroup: async (group) => {
    const range = { table: 'memberships', index: 'key', prefix: [group] }
    const rows = await allRows(model, range, (row) => [number(row, 'leaf'), number(row, 'from')])
    return rows.map(readMembership)
  },
  groupsOf: async (queue) => {
    const range = { table: 'memberships', index: 'byQueue', prefix: [queue] }
    const behind = (row: Parameters<typeof readMembership>[0]) => [
      ...[number(row, 'until'), text(row, 'group')],
      ...[number(row, 'leaf'), number(row, 'from')],
    ]
    return [...new Set((await allRows(model, range, behind)).map((row) => readMembership(row).group))]
  },
  queuesOf: async (recipient) => {
    const queue = parseQueueId(recipient)
    if (queue !== undefined) return [queue]
    if (parseClientId(recipient) !== undefined) {
      const row = await model.get('clients', [recipient])
      return row === undefined ? [] : queuesIn([row])
    }
    if (parseUserId(recipient) === undefined) return []
    const range = { table: 'queues', index: 'byUser', prefix: [recipient] }
    return queuesIn(await allRows(model, range, (row) => [text(row, 'queue')]))
  },
})

const queuesIn = (rows: readonly Parameters<typeof text>[0][]): readonly QueueId[] =>
  rows.flatMap((row) => parseQueueId(text(row, 'queue')) ?? [])
