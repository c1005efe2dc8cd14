/** The life of queues: made and gone with what makes and deletes them, moved on by what their owners acknowledge. */
import type { ClientId, QueueId, UserId } from '../../mls/wire/ids.js'
import type { Placed } from '../../items/placed.js'
import type { Position } from '../../ports/position.js'
import type { Rows } from '../projection.js'
import { dropOwn } from './ownItems.js'
import { readQueueRow } from './schema.js'
import type { QueueRow } from './schema.js'

export const lifeOfQueues = async ({ event, position, at }: Placed, rows: Rows): Promise<void> => {
  if (event.type === 'QueueCreated') {
    const { queue } = event.data
    rows.put('queues', { queue, kind: 'fanOut', from: position, acknowledged: 0, touchedAt: at, firstOwn: 0 })
  } else if (event.type === 'QueueDeleted') {
    rows.remove('queues', [event.data.queue])
    await dropOwn(event.data.queue, undefined, rows)
  } else if (event.type === 'UserRegistered') {
    beginDirect(event.data.first, event.data.user, position, rows)
  } else if (event.type === 'ClientAdded' || event.type === 'RecoveryKeyUsed') {
    beginDirect(event.data, event.data.user, position, rows)
  } else if (event.type === 'ClientRemoved') {
    await endDirect(event.data.client, event.data.directQueue, rows)
  } else if (event.type === 'UserDeleted') {
    const { clients, directQueues, user } = event.data
    for (const [index, client] of clients.entries()) await endDirect(client, directQueues[index], rows)
    await dropOwn(user, undefined, rows)
  } else if (event.type === 'QueuesAcknowledged') {
    const { queues, touchedAt = at } = event.data
    for (const [queue, upTo] of Object.entries(queues)) await acknowledge(queue, upTo, touchedAt, rows)
  }
}

type Direct = { readonly client: ClientId; readonly directQueue: QueueId }

const beginDirect = ({ client, directQueue: queue }: Direct, user: UserId, from: Position, rows: Rows): void => {
  rows.put('queues', { queue, kind: 'direct', client, user, from, acknowledged: 0 })
  rows.put('clients', { client, user, queue })
}

const endDirect = async (client: string, queue: string | undefined, rows: Rows): Promise<void> => {
  if (queue !== undefined) rows.remove('queues', [queue])
  rows.remove('clients', [client])
  await dropOwn(client, undefined, rows)
}

/** What only this queue reads goes with its acknowledgement; what all clients of a user read, when the last has it. */
const acknowledge = async (queue: string, upTo: number, at: number, rows: Rows): Promise<void> => {
  const stored = await rows.get('queues', [queue])
  if (stored === undefined) return
  const row = readQueueRow(stored)
  const acknowledged = Math.max(row.acknowledged, upTo) as Position
  if (row.kind === 'direct') {
    rows.put('queues', { ...row, acknowledged })
    if (acknowledged === row.acknowledged) return
    await dropOwn(row.client, acknowledged, rows)
    await dropSeenByAll(row, rows)
    return
  }
  const done = row.firstOwn !== 0 && row.firstOwn <= acknowledged
  const firstOwn = done ? await dropOwn(queue, acknowledged, rows) : row.firstOwn
  rows.put('queues', { ...row, acknowledged, touchedAt: Math.max(row.touchedAt, at), firstOwn })
}

const dropSeenByAll = async (direct: Extract<QueueRow, { kind: 'direct' }>, rows: Rows): Promise<void> => {
  const siblings = await rows.range({ table: 'queues', index: 'byUser', prefix: [direct.user], limit: 1_000 })
  const seen = Math.min(...siblings.map((row) => readQueueRow(row).acknowledged))
  await dropOwn(direct.user, seen, rows)
}
