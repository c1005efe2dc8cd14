/**
 * Moves an exported log into an empty one: same streams, same revisions, same order, the facts as they are. Positions are
 * the new store's, so the log gets another id (old cursors are refused, never misread), and where the places are now that
 * facts name by an old position is noted beside the log. All or nothing: the whole export is examined before anything is
 * written, and a log whose import did not come to its end is not served.
 */
import { categoryOf } from '../events/anyEvent.js'
import { firstTime } from '../events/form/firstTime.js'
import { placeholderCommand } from '../events/form/logDigest.js'
import { noteImportBegun, noteImportFinished, notePlaces } from '../compose/stores/importedLog.js'
import { saltBytes, sealedMeta, withoutPayload } from '../events/form/checksum.js'
import { appendBytesMax, appendEventsMax } from '../ports/eventStore.js'
import type { Appended, EventStore, NewEvent, StoredEvent } from '../ports/eventStore.js'
import { origin } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import { derivedId } from '../streams/commandId.js'
import { rememberedEvents } from './exportFile.js'
import type { Exported, ExportedEvent } from './exportFile.js'
import { gatherPlacesNamed } from './placesNamed.js'
import type { PlacesNamed } from './placesNamed.js'

/** Appends of one run of events of the same stream, at most. */
const runEventsMax = 200
const runBytesMax = 500_000
/** Appends on their way at once, and the bytes of their events: a server far away takes a while for each. */
const appendsAtOnce = 256
const bytesAtOnce = 4_000_000
/** Of one event without payload, more or less. */
const placeholderBytes = 500

export class ImportRefused extends Error {
  override readonly name = 'ImportRefused'
}

export type Imported = {
  readonly count: number
  /** Events that stand for revisions whose payload was truncated before the export. */
  readonly placeholders: number
  readonly head: Position
}

export type Import = {
  /** The log to fill. */
  readonly events: EventStore
  /** Begins to read the export, each time from its start; `examined`: as `readExport` takes it. */
  readonly open: (examined?: string) => Promise<Exported>
  readonly now: () => number
  readonly random: (bytes: number) => Uint8Array
  /** Makes the full log another one, before it may be served. */
  readonly replaceLog: () => Promise<void>
}

/** Throws BadExport, and ImportRefused when the log is not empty or does not take an event where it stood. */
export const importEvents = async (into: Import): Promise<Imported> => {
  await refuseUnlessNew(into.events)
  return importExamined(into, await examineExport(await into.open()))
}

const refuseUnlessNew = async (events: EventStore): Promise<void> => {
  if ((await events.head()) !== origin) throw new ImportRefused('the log is not empty: import into a fresh one')
}

/** The same of an export that was examined before the log was opened. */
export const importExamined = async (
  { events, open, now, random, replaceLog }: Import,
  examined: ExaminedExport,
): Promise<Imported> => {
  await refuseUnlessNew(events)
  await noteImportBegun(events, now())
  const { moved, ...imported } = await fill(events, await open(examined.sha256), examined, random)
  await notePlaces(events, moved)
  await replaceLog()
  await noteImportFinished(events, now())
  return imported
}

/** What must be known of a whole export before the first event is written. */
export type ExaminedExport = {
  readonly places: PlacesNamed
  readonly firstRevisions: ReadonlyMap<string, number>
  /** Positions of events that stand there a second time. */
  readonly repeated: ReadonlySet<number>
  readonly sha256: string | undefined
}

/** Reads it to its end. Throws BadExport, ImportRefused. */
export const examineExport = async ({ events, moved, sha256 }: Exported): Promise<ExaminedExport> => {
  const places = gatherPlacesNamed(moved)
  const firstRevisions = new Map<string, number>()
  const lastRevisions = new Map<string, number>()
  const isFirst = firstTime(rememberedEvents)
  const repeated = new Set<number>()
  let last = 0
  for await (const event of events) {
    const { position, stream, revision } = event
    // A line is longer than what is appended of it: only where even that is too long need anything be written out.
    const bytes = bytesAtMost(event) > appendBytesMax ? bytesOf(event) : 0
    if (bytes > appendBytesMax) throw new ImportRefused(`${stream}@${revision} has ${bytes} bytes`)
    const before = lastRevisions.get(stream)
    if (position <= last || revision <= (before ?? -1)) {
      throw new ImportRefused(`${stream}@${revision} stands where something else does`)
    }
    if (before !== undefined && revision > before + 1 && !mayHaveHoles(event))
      throw new ImportRefused(`${stream}@${revision} follows revision ${before}`)
    last = position
    lastRevisions.set(stream, revision)
    if (!isFirst(event)) {
      repeated.add(position)
      continue
    }
    if (!firstRevisions.has(stream)) firstRevisions.set(stream, revision)
    places.see(event)
  }
  return { places, firstRevisions, repeated, sha256: sha256?.() }
}

const bytesAtMost = (event: ExportedEvent): number => event.bytes ?? bytesOf(event)

const bytesOf = ({ data, meta }: StoredEvent): number =>
  Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(meta))

const fill = async (
  events: EventStore,
  exported: Exported,
  { places, firstRevisions, repeated }: ExaminedExport,
  random: Import['random'],
) => {
  const target = appender(events, random)
  const wanted = places.wanted()
  const now = new Map<number, number>()
  let found = 0
  let run: ExportedEvent[] = []
  let runBytes = 0
  let count = 0

  const flush = async (): Promise<void> => {
    const [first] = run
    if (first === undefined) return
    const leads = first.revision === firstRevisions.get(first.stream)
    if (!isAcknowledgements(first))
      await target.standIn(first.stream, { before: first.revision, forgotten: leads }, first)
    await target.append(first.stream, run.map(asNew), runBytes)
    count += run.length
    run = []
    runBytes = 0
  }

  /** Finds the places named below a position of the export: everything up to there is written, and nothing beyond. */
  const find = async (below: number, like: StoredEvent | undefined): Promise<void> => {
    for (let at = wanted[found]; at !== undefined && at < below; at = wanted[++found]) {
      await flush()
      for (const { stream, revision } of places.forgottenAt(at)) {
        const first = firstRevisions.get(stream)
        if (like === undefined || first === undefined || target.next(stream) > revision) continue
        const gap = { before: revision + 1, forgotten: revision < first }
        await target.standIn(stream, gap, { ...like, type: 'MessageAccepted' })
      }
      const place = at
      target.whenThere((head) => now.set(place, head))
    }
  }

  for await (const event of exported.events) {
    if (repeated.has(event.position)) continue
    await find(event.position, event)
    const before = run.at(-1)
    const follows = before?.stream === event.stream && before.revision + 1 === event.revision
    const bytes = bytesAtMost(event)
    if (!follows || run.length >= runEventsMax || runBytes + bytes > runBytesMax) await flush()
    run.push(event)
    runBytes += bytes
  }
  await flush()
  await find(Infinity, undefined)
  await target.settle()
  const moved = places.moved(now, target.head())
  const placeholders = await target.truncate()
  return { count, placeholders, head: await events.head(), moved }
}

const asNew = ({ id, type, data, meta }: NewEvent): NewEvent => ({ id, type, data, meta })

/** Writes to the empty log, and remembers how far it is. */
const appender = (events: EventStore, random: Import['random']) => {
  const revisions = new Map<string, number>()
  const truncated = new Map<string, number>()
  const underWay: UnderWay[] = []
  let bytesUnderWay = 0
  let head: Position = origin
  let placeholders = 0

  const next = (stream: string): number => (revisions.get(stream) ?? -1) + 1

  /** Waits until no more is on its way. What was sent one after another must stand so, whatever became of a connection. */
  const settle = async (appends = 0, bytes = 0): Promise<void> => {
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
      for (const tell of oldest.told) tell(head)
    }
  }

  /** Sends it on its way, behind all that was sent before. */
  const append = async (stream: string, news: readonly NewEvent[], bytes: number): Promise<void> => {
    // Before the first is answered a store may still look where its log ends, and let those of other streams go first.
    await settle(head === origin ? 0 : appendsAtOnce - 1, Math.max(0, bytesAtOnce - bytes))
    const last = revisions.get(stream)
    const revision = (last ?? -1) + news.length
    const outcome = events.append(stream, news, last ?? 'none')
    // Each is awaited in its turn; until then its failure is nobody's.
    outcome.catch(() => undefined)
    underWay.push({ stream, revision, bytes, outcome, told: [] })
    bytesUnderWay += bytes
    revisions.set(stream, revision)
  }

  /** Tells the position of what was sent last, once it is known. */
  const whenThere = (tell: (head: Position) => void): void => {
    const newest = underWay.at(-1)
    if (newest === undefined) tell(head)
    else newest.told.push(tell)
  }

  /**
   * Revisions that nothing of the export stands at are written without payload: those that were truncated before it, to
   * be truncated again at the end, and those at which an event stood a second time.
   */
  const standIn = async (stream: string, { before, forgotten }: Missing, like: StoredEvent): Promise<void> => {
    const first = next(stream)
    if (first > before) throw new ImportRefused(`${stream}@${before} stands there already`)
    for (let revision = first; revision < before; revision += appendEventsMax) {
      const many = Math.min(appendEventsMax, before - revision)
      await append(
        stream,
        Array.from({ length: many }, (_, n) => placeholder(stream, revision + n, like, random(saltBytes))),
        many * placeholderBytes,
      )
      placeholders += many
    }
    if (forgotten && first < before) truncated.set(stream, before)
  }

  const truncate = async (): Promise<number> => {
    for (const [stream, before] of truncated) await events.truncate(stream, before)
    return placeholders
  }

  return { append, standIn, truncate, next, settle, whenThere, head: () => head }
}

/** All revisions below `before`. */
type Missing = { readonly before: number; readonly forgotten: boolean }
type UnderWay = {
  readonly stream: string
  /** Of its last event, when it is taken as it should be. */
  readonly revision: number
  readonly bytes: number
  readonly outcome: Promise<Appended>
  readonly told: ((head: Position) => void)[]
}

/** Of all streams, those appended to without an expectation: an event may stand twice there, and is exported once. */
const mayHaveHoles = ({ stream }: StoredEvent): boolean => ['messages', 'acknowledgements'].includes(categoryOf(stream))

/** Nothing depends on their revisions, and their streams are cut every few minutes: they are counted anew. */
const isAcknowledgements = ({ stream }: StoredEvent): boolean => categoryOf(stream) === 'acknowledgements'

const placeholder = (
  stream: string,
  revision: number,
  { type, meta: { v, at } }: StoredEvent,
  salt: Uint8Array,
): NewEvent => {
  const bare = { stream, id: derivedId('import', stream, String(revision)), type, data: null }
  const meta = { v, at, command: placeholderCommand }
  return asNew(withoutPayload({ ...bare, meta: sealedMeta({ ...bare, meta }, salt) }))
}
