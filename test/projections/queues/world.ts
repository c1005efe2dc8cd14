/** A log with queues in it, and their read model moved along by hand: what the tests of queues and delivery stand on. */
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { eventId } from '#src/streams/commandId.js'
import type { AnyEvent } from '#src/events/anyEvent.js'
import type { SealedReference } from '#src/events/form/fields.js'
import { groupStream } from '#src/events/group.js'
import type { Json } from '#src/events/form/json.js'
import { messagesStream } from '#src/events/messages.js'
import { queueStream } from '#src/events/queue.js'
import { makeId, parseDomain, parseQueueId } from '#src/mls/wire/ids.js'
import type { ClientId, GroupId, QueueId, UserId } from '#src/mls/wire/ids.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { limitDefaults } from '#src/limits/limits.js'
import type { Limits } from '#src/limits/limits.js'
import type { Position } from '#src/ports/position.js'
import type { ReadModel, ReadModels } from '#src/ports/readModels.js'
import { frameCache } from '#src/projections/queues/frameCache.js'
import { queuesProjection } from '#src/projections/queues/projection.js'
import type { OpenReference } from '#src/items/references.js'
import { queuesSchema } from '#src/projections/queues/schema.js'
import { queueView } from '#src/projections/queues/view.js'
import type { QueueView } from '#src/projections/queues/view.js'
import { placedOf } from '#src/items/placed.js'
import { workingSet } from '#src/projections/workingSet.js'

export const domain = parseDomain('example.org')!
export const logId = 'log1'
const numbered = (number: number): Uint8Array => {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(12, number)
  return bytes
}
export const queueNumber = (number: number): QueueId => makeId('queue', domain, numbered(number))
export const groupNumber = (number: number): GroupId => makeId('group', domain, numbered(number))
export const clientNumber = (number: number): ClientId => makeId('client', domain, numbered(number))
export const userNumber = (number: number): UserId => makeId('user', domain, numbered(number))

/** In tests a "sealed" reference is the queue's id in clear; one that is empty is another server's. */
const sealed = (queue: QueueId | undefined): SealedReference => ({
  reference: queue === undefined ? '' : Buffer.from(queue).toString('base64url'),
  signatureKey: 'AAAA',
})
export const openSealed: OpenReference = ({ reference }) => parseQueueId(Buffer.from(reference, 'base64url').toString())

export const occupant = (leafIndex: number) => ({
  leafIndex,
  user: userNumber(leafIndex),
  client: clientNumber(leafIndex),
})
export const leaf = (leafIndex: number, queue: QueueId | undefined) => ({
  ...occupant(leafIndex),
  queue: sealed(queue),
  notAfter: 0,
})
const blob = { digest: 'd'.repeat(43), size: 5 }

type EventOfType<Type extends AnyEvent['type']> = Extract<AnyEvent, { type: Type }>

export type World = {
  readonly events: EventStore
  readonly model: ReadModel
  readonly view: QueueView
  /** Appends one event to a stream and answers its position. */
  append(stream: string, event: AnyEvent, options?: { readonly at?: number; readonly id?: string }): Promise<Position>
  /** Lets the same event in a second time, as EventStoreDB may. */
  appendAgain(stream: string, event: AnyEvent, id: string): Promise<void>
  /** Appends an event whose payload is gone. */
  appendErased(stream: string, type: string): Promise<void>
  /** The ids under which `appendAgain` let events in, and whose they are. */
  readonly again: Map<string, string>
  createGroup(group: GroupId, queue: QueueId | undefined): Promise<Position>
  commit(group: GroupId, epoch: number, changes?: Partial<EventOfType<'CommitAccepted'>['data']>): Promise<Position>
  message(group: GroupId, epoch: number, text: string, at?: number): Promise<Position>
  /** For these leaves only. */
  messageTo(group: GroupId, epoch: number, targets: readonly number[], text: string, at?: number): Promise<Position>
  createQueue(queue: QueueId): Promise<Position>
  /** Applies at most so many events of the log (default: all) and answers how many there were. */
  project(limit?: number): Promise<number>
  /** What a queue shows, page by page, in short: message texts, and the types of the rest. */
  shown(
    queue: QueueId,
    options?: {
      readonly after?: Position
      readonly limit?: number
      readonly now?: number
      /** Another than its own. */
      readonly view?: QueueView
    },
  ): Promise<readonly string[]>
}

export const makeWorld = async (
  options: {
    readonly limits?: Partial<Limits>
    readonly mayRepeat?: boolean
    readonly cacheBytes?: number
    readonly startAt?: number
    readonly from?: EventStore
    readonly again?: Map<string, string>
    /** Where the rows are; by itself in memory. */
    readonly readModels?: Pick<ReadModels, 'open'>
  } = {},
): Promise<World> => {
  const events = options.from ?? openMemoryEventStore()
  const idsAgain = options.again ?? new Map<string, string>()
  const model = await (options.readModels ?? openMemoryReadModels()).open(queuesSchema, logId)
  const projection = queuesProjection({ domain, open: openSealed, mayRepeat: options.mayRepeat ?? false })
  const limits = { ...limitDefaults, ...options.limits }
  const own = queueView({ model, cache: frameCache(options.cacheBytes ?? 1e6), logId, limits })
  let made = 0
  let clock = options.startAt ?? 1_000

  const append: World['append'] = async (stream, event, { at = clock++, id } = {}) => {
    const command = `command ${made++}`
    const meta = { v: 1, at, command, bodyHash: '' }
    const only = { id: id ?? eventId(command, 0), type: event.type, data: event.data as Json, meta }
    const appended = await events.append(stream, [only], 'any')
    if (appended.status !== 'appended') throw new Error('refused')
    return appended.position
  }

  const project: World['project'] = async (limit = 500) => {
    const checkpoint = await model.checkpoint()
    const batch = await events.readAll({ after: checkpoint, limit })
    const last = batch.at(-1)
    if (last === undefined) return 0
    const rows = workingSet(model, projection.schema.tables)
    const all = batch.map((event) => placedOf({ ...event, id: idsAgain.get(event.id) ?? event.id }))
    await rows.prefetch(all.flatMap((one) => projection.touches?.(one) ?? []))
    for (const one of all) await projection.project(one, rows)
    await model.apply(rows.changes(), last.position, checkpoint)
    return batch.length
  }

  const shown: World['shown'] = async (queue, { after, limit = 500, now = 1_000, view = own } = {}) => {
    const row = await view.queue(queue)
    if (row === undefined) return ['no such queue']
    const found: string[] = []
    let cursor = after ?? row.acknowledged
    for (let capped = true; ; capped = false) {
      const page = await view.page(row, { after: cursor, limit, bytesMax: 1e9, capped, now })
      found.push(...page.frames.map(({ bytes }) => inShort(bytes)))
      cursor = page.next
      if (!page.more) return found
    }
  }

  return {
    events,
    model,
    view: own,
    append,
    project,
    shown,
    appendAgain: async (stream, event, id) => {
      const other = eventId(`again ${id}`, made++)
      idsAgain.set(other, id)
      await append(stream, event, { id: other })
    },
    appendErased: async (stream, type) => {
      const meta = { v: 1, at: clock++, command: '' }
      await events.append(stream, [{ id: eventId(`erased ${made++}`, 0), type, data: null, meta }], 'any')
    },
    again: idsAgain,
    createQueue: (queue) =>
      append(queueStream(queue), {
        type: 'QueueCreated',
        data: { queue, algorithm: 'Ed25519', publicKey: 'AAAA' },
      }),
    createGroup: (group, queue) =>
      append(groupStream(group), {
        type: 'GroupCreated',
        data: {
          group,
          cipherSuite: 1,
          groupInfo: 'AAAA',
          groupInfoBlob: blob,
          creator: leaf(0, queue),
          settings: { retentionMs: 1 },
        },
      }),
    commit: (group, epoch, changes = {}) =>
      append(groupStream(group), {
        type: 'CommitAccepted',
        data: {
          group,
          epoch: String(epoch),
          commit: Buffer.from(`commit ${epoch}`).toString('base64url'),
          committer: occupant(0),
          external: false,
          added: [],
          removed: [],
          updated: [],
          groupInfo: blob,
          ...(changes.added === undefined ? {} : { welcome: blob }),
          ...changes,
        },
      }),
    messageTo: (group, epoch, targets, text, at) =>
      append(
        messagesStream(group),
        {
          type: 'MessageAccepted',
          data: {
            group,
            epoch: String(epoch),
            message: Buffer.from(text).toString('base64url'),
            targets: [...targets],
          },
        },
        at === undefined ? {} : { at },
      ),
    message: (group, epoch, text, at) =>
      append(
        messagesStream(group),
        {
          type: 'MessageAccepted',
          data: { group, epoch: String(epoch), message: Buffer.from(text).toString('base64url') },
        },
        at === undefined ? {} : { at },
      ),
  }
}

export type ShownItem = {
  readonly type: string
  readonly position: string
  readonly message?: string
  readonly kind?: string
  readonly refs?: readonly string[]
  readonly groups?: readonly { readonly group: string; readonly count: number }[]
}

export const inShort = (bytes: Uint8Array): string => {
  const item = JSON.parse(Buffer.from(bytes).toString()) as ShownItem
  if (item.type === 'message' || item.type === 'commit') return Buffer.from(item.message ?? '', 'base64url').toString()
  if (item.type === 'notice') return `notice ${item.kind ?? ''}`
  if (item.type === 'gap') return `gap ${(item.groups ?? []).map(({ count }) => count).join('+')}`
  return item.type === 'welcome' ? `welcome ${(item.refs ?? []).join('+')}` : item.type
}
