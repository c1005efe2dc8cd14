/** The questions that queues are asked: fetch, who may read what, which have been forgotten by their owners. */
import { parseQueueId } from '../../mls/wire/ids.js'
import type { ClientId, QueueId } from '../../mls/wire/ids.js'
import type { Limits } from '../../limits/limits.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import type { FrameCache } from './frameCache.js'
import { before } from '../../items/membership.js'
import type { Membership } from '../../items/membership.js'
import { keepNewest } from '../../structures/newest.js'
import type { Fallen } from './fallen.js'
import { readPage } from './page.js'
import type { Page } from './page.js'
import type { Recipient } from '../../items/audience.js'
import { number, readMembership, readQueueRow, text } from './schema.js'
import type { QueueRow } from './schema.js'

export type PageOptions = {
  readonly after: Position
  readonly limit: number
  /** A page holds about so many bytes, and at least one position. */
  readonly bytesMax: number
  /** False further on in a drain: what falls out by the cap is settled where the drain begins. */
  readonly capped: boolean
  /** ms since 1970, for ages. */
  readonly now: number
}

export type QueueView = {
  queue(queue: QueueId): Promise<QueueRow | undefined>
  directQueueOf(client: ClientId): Promise<QueueId | undefined>
  /** What the queue shows above `after`. Reads the checkpoint first; nothing past it is shown or skipped. */
  page(queue: QueueRow, options: PageOptions): Promise<Page>
  /** Memberships that show anything above a position. */
  memberships(queue: QueueId, above: Position): Promise<readonly Membership[]>
  /** Whether the queue holds a Welcome with these bytes. */
  hasWelcome(queue: QueueId, digest: string): Promise<boolean>
  /** What waits in a queue of its own items: how many, up to `limit`, and the oldest one's JSON. */
  waiting(queue: QueueRow, limit: number): Promise<{ readonly count: number; readonly oldest: string | undefined }>
  /** Fan-out queues that nobody has touched since a time (ms), longest ago first. */
  untouchedSince(time: number, limit: number): Promise<readonly QueueId[]>
}

export type QueueViewDependencies = {
  readonly model: ReadModel
  readonly cache: FrameCache
  readonly logId: string
  readonly limits: Pick<Limits, 'queueMessagesMax' | 'queueBytesMax' | 'queueAgeMsMax'>
}

/** A client is in at most 1,000 groups (docs/limits.md), several times each at most a few. */
const membershipsMax = 10_000

/** Queues beyond their capacity whose state is remembered. */
const judgementsMax = 1_000

export const queueView = ({ model, cache, logId, limits }: QueueViewDependencies): QueueView => {
  const judgements = keepNewest<QueueId, Fallen>(judgementsMax)

  const memberships = async (queue: QueueId, above: Position): Promise<readonly Membership[]> => {
    const range = { table: 'memberships', index: 'byQueue', prefix: [queue], after: [above], limit: membershipsMax }
    return (await model.range(range)).map(readMembership)
  }

  const page: QueueView['page'] = async (row, { after, limit, bytesMax, capped, now }) => {
    const checkpoint = await model.checkpoint()
    const begin = after >= row.from ? after : before(row.from)
    if (begin >= checkpoint) return { frames: [], next: begin, more: false, checkpoint }
    const ask = {
      queue: row.queue,
      recipients: recipientsOf(row),
      after: begin,
      memberships: row.kind === 'direct' ? [] : await memberships(row.queue, begin),
      limits: { frames: limit, bytes: bytesMax },
      capacity: capped ? { messages: limits.queueMessagesMax, bytes: limits.queueBytesMax } : undefined,
      oldest: now - limits.queueAgeMsMax,
    }
    return await readPage({ model, cache, judgements, logId }, ask, checkpoint)
  }

  return {
    queue: async (queue) => {
      const row = await model.get('queues', [queue])
      return row === undefined ? undefined : readQueueRow(row)
    },
    directQueueOf: async (client) => {
      const row = await model.get('clients', [client])
      return row === undefined ? undefined : parseQueueId(text(row, 'queue'))
    },
    page,
    memberships,
    hasWelcome: async (queue, digest) => {
      const found = await model.range({ table: 'own', index: 'byDigest', prefix: [queue, digest], limit: 1 })
      return found.length > 0
    },
    waiting: async (row, limit) => {
      const after = [row.acknowledged]
      const pages = recipientsOf(row).map((one) =>
        model.range({ table: 'own', index: 'key', prefix: [one], after, limit }),
      )
      const found = (await Promise.all(pages)).flat().sort((a, b) => number(a, 'position') - number(b, 'position'))
      const [oldest] = found
      return { count: Math.min(found.length, limit), oldest: oldest === undefined ? undefined : text(oldest, 'item') }
    },
    untouchedSince: async (time, limit) => {
      const range = { table: 'queues', index: 'byTouched', prefix: [], upTo: [time], limit }
      return (await model.range(range)).flatMap((row) => parseQueueId(text(row, 'queue')) ?? [])
    },
  }
}

/** Whose items a queue shows beside those of its groups. */
export const recipientsOf = (row: QueueRow): readonly Recipient[] =>
  row.kind === 'direct' ? [row.client, row.user] : [row.queue]
