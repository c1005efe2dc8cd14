/**
 * Moves an exported log into an empty one: same streams, same revisions, same order; positions are the new store's, so
 * the log gets another id (old cursors are refused, never misread) and positions inside facts are rewritten.
 */
import type { Json } from '../events/json.js'
import { acknowledgementsShapes } from '../events/acknowledgements.js'
import { derivedId } from '../streams/commandId.js'
import { categoryOf } from '../events/anyEvent.js'
import type { Appended, EventStore, NewEvent, StoredEvent } from '../ports/eventStore.js'
import { origin, toPosition } from '../ports/position.js'
import type { Position } from '../ports/position.js'

/** Appends of one run of events of the same stream, at most. */
const runEventsMax = 200
const runBytesMax = 500_000
/** Appends on their way at once, and the bytes of their events: a server far away takes a while for each. */
const appendsAtOnce = 64
const bytesAtOnce = 4_000_000

export class ImportRefused extends Error {
  override readonly name = 'ImportRefused'
}

export type Imported = {
  readonly count: number
  /** Events that stand for revisions whose payload was truncated before the export. */
  readonly placeholders: number
  readonly head: Position
}

/** Throws ImportRefused when the log is not empty or does not take an event where it stood; BadExport from `exported`. */
export const importEvents = async (events: EventStore, exported: AsyncIterable<StoredEvent>): Promise<Imported> => {
  if ((await events.head()) !== origin) throw new ImportRefused('the log is not empty: import into a fresh one')
  const revisions = new Map<string, number>()
  const truncated = new Map<string, number>()
  const moved: { old: number; new: Position }[] = []
  const underWay: UnderWay[] = []
  let bytesUnderWay = 0
  let head = origin
  let run: StoredEvent[] = []
  let runBytes = 0
  let count = 0
  let placeholders = 0

  /** Waits until fewer are under way. What was sent one after another must stand so, whatever became of a connection. */
  const settle = async (appends: number, bytes: number): Promise<void> => {
    while (underWay.length > appends || bytesUnderWay > bytes) {
      const oldest = underWay.shift()
      if (oldest === undefined) return
      const appended = await oldest.outcome
      bytesUnderWay -= oldest.bytes
      if (appended.status !== 'appended' || appended.revision !== oldest.revision)
        throw new ImportRefused(`${oldest.stream}: another writer is at work on this log`)
      if (appended.position <= head)
        throw new ImportRefused(`${oldest.stream}: taken in another order: import into a fresh log again`)
      head = appended.position
      if (oldest.old !== undefined) moved.push({ old: oldest.old, new: head })
    }
  }

  const append = async (stream: string, news: readonly NewEvent[], bytes: number, old?: number): Promise<void> => {
    await settle(appendsAtOnce - 1, Math.max(0, bytesAtOnce - bytes))
    const last = revisions.get(stream)
    const revision = (last ?? -1) + news.length
    const outcome = events.append(stream, news, last ?? 'none')
    // Each is awaited in its turn; until then its failure is nobody's.
    outcome.catch(() => undefined)
    underWay.push({ stream, revision, bytes, old, outcome })
    bytesUnderWay += bytes
    revisions.set(stream, revision)
  }

  /**
   * Revisions below the first survivor get placeholders, erased from the start, and are truncated at the end. Nothing
   * depends on the revisions of acknowledgements, whose streams are cut every few minutes: they are counted anew.
   */
  const fill = async (first: StoredEvent): Promise<void> => {
    if (isAcknowledgements(first)) return
    const next = (revisions.get(first.stream) ?? -1) + 1
    if (next > first.revision) throw new ImportRefused(`${first.stream}@${first.revision} stands there already`)
    for (let revision = next; revision < first.revision; revision += runEventsMax) {
      const missing = Math.min(runEventsMax, first.revision - revision)
      await append(
        first.stream,
        Array.from({ length: missing }, (_, n) => placeholder(first, revision + n)),
        0,
      )
      placeholders += missing
    }
    if (next < first.revision) truncated.set(first.stream, first.revision)
  }

  const flush = async (): Promise<void> => {
    const [first] = run
    if (first === undefined) return
    await fill(first)
    // Positions inside facts are those of events before them, which must be known by then.
    if (isAcknowledgements(first)) await settle(0, 0)
    const news = run.map((event) => rewritten(event, moved))
    await append(first.stream, news, runBytes, run.at(-1)?.position ?? 0)
    count += run.length
    run = []
    runBytes = 0
  }

  for await (const event of exported) {
    const before = run.at(-1)
    const follows = before?.stream === event.stream && before.revision + 1 === event.revision
    const bytes = JSON.stringify(event.data).length
    if (!follows || run.length >= runEventsMax || runBytes + bytes > runBytesMax) await flush()
    run.push(event)
    runBytes += bytes
  }
  await flush()
  await settle(0, 0)
  for (const [stream, before] of truncated) await events.truncate(stream, before)
  return { count, placeholders, head: await events.head() }
}

const placeholder = ({ stream, type, meta }: StoredEvent, revision: number): NewEvent => ({
  id: derivedId('import', stream, String(revision)),
  type,
  data: null,
  meta: { ...meta, command: 'import', bodyHash: 'import' },
})

const rewritten = ({ id, type, data, meta, stream }: StoredEvent, moved: readonly Moved[]): NewEvent => ({
  id,
  type,
  data: isAcknowledgements({ stream }) ? movedAcknowledgements(data, moved) : data,
  meta,
})

const isAcknowledgements = ({ stream }: Pick<StoredEvent, 'stream'>): boolean =>
  categoryOf(stream) === 'acknowledgements'

type UnderWay = {
  readonly stream: string
  /** Of its last event, when it is taken as it should be. */
  readonly revision: number
  readonly bytes: number
  /** The position that its last event had. */
  readonly old: number | undefined
  readonly outcome: Promise<Appended>
}
type Moved = { readonly old: number; readonly new: Position }

/** QueuesAcknowledged is the one fact that holds positions: each becomes that of the newest imported event at or below it. */
const movedAcknowledgements = (data: Json, moved: readonly Moved[]): Json => {
  const parsed = acknowledgementsShapes.QueuesAcknowledged.schema.safeParse(data)
  if (!parsed.success) return data
  const queues = Object.entries(parsed.data.queues).map(
    ([queue, position]) => [queue, movedPosition(position, moved)] as const,
  )
  return { ...parsed.data, queues: Object.fromEntries(queues) }
}

const movedPosition = (position: number, moved: readonly Moved[]): Position => {
  let low = 0
  let high = moved.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((moved[middle]?.old ?? 0) <= position) low = middle + 1
    else high = middle
  }
  return moved[low - 1]?.new ?? toPosition(0)
}
