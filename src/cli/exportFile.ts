/**
 * The form of an export: JSON lines. A header (with the places that facts of a still earlier log name, where there are any),
 * every event in log order (once, where the store holds it twice), and a last line with their count and the SHA-256 over all lines before it, so that a cut or
 * changed file is found.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { gatherPlaces, placesInPieces, readImported, somePlaces } from '../compose/stores/importedLog.js'
import { firstTime } from '../events/form/firstTime.js'
import { checkOf } from '../events/form/checksum.js'
import type { Json } from '../events/form/json.js'
import { metaSchema } from '../events/form/meta.js'
import type { MovedPlaces } from '../events/form/positions.js'
import { eventIdForm, eventTypeForm, LogDamaged, streamNameForm } from '../ports/eventStore.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import { origin, toPosition } from '../ports/position.js'
import type { Position } from '../ports/position.js'

const format = 'mls-homeserver-events'
const pageEvents = 500
/** Events by which one is known again that a store holds twice: a retry follows its first try within minutes. */
export const rememberedEvents = 1_000_000

const header = z.strictObject({
  format: z.literal(format),
  /** 2: with places. */
  version: z.union([z.literal(1), z.literal(2)]),
  domain: z.string(),
  logId: z.string(),
  places: z.array(somePlaces).optional(),
})
const trailer = z.strictObject({ count: z.number().int(), sha256: z.string() })
const line = z.strictObject({
  position: z.number().int().positive(),
  stream: z.string().regex(streamNameForm),
  revision: z.number().int().nonnegative(),
  id: z.string().regex(eventIdForm),
  type: z.string().regex(eventTypeForm),
  data: z.custom<Json>((value) => value !== undefined),
  // What a newer server wrote there belongs to the event, and to its checksum.
  meta: metaSchema.loose(),
})
export type ExportHeader = z.infer<typeof header>

export type Summary = {
  /** Lines between the first and the last. */
  readonly count: number
  readonly sha256: string
  /** Events that the store holds a second time: they were written once. */
  readonly repeated: number
}
type Trailer = z.infer<typeof trailer>

/**
 * Writes the whole log, line by line, each event once. `write` resolves when there is room for more; `seen` hears now and then how
 * far it is. Throws LogDamaged.
 */
export const exportEvents = async (
  events: EventStore,
  about: { readonly domain: string; readonly logId: string },
  write: (line: string) => Promise<void>,
  seen: (position: Position) => void = () => undefined,
): Promise<Summary> => {
  const hash = createHash('sha256')
  const put = async (value: object): Promise<void> => {
    const text = `${JSON.stringify(value)}\n`
    hash.update(text)
    await write(text)
  }
  const { moved } = await readImported(events)
  await put({
    format,
    ...(moved.length === 0 ? { version: 1, ...about } : { version: 2, ...about, places: placesInPieces(moved) }),
  })
  const isFirst = firstTime(rememberedEvents)
  let count = 0
  let repeated = 0
  for (let after = origin; ;) {
    const page = await events.readAll({ after, limit: pageEvents })
    const news = page.filter((event) => isFirst(whole(event)))
    for (const event of news) await put(event)
    count += news.length
    repeated += page.length - news.length
    after = page.at(-1)?.position ?? after
    seen(after)
    if (page.length < pageEvents) break
  }
  const summary: Trailer = { count, sha256: hash.digest('base64url') }
  await write(`${JSON.stringify(summary)}\n`)
  return { ...summary, repeated }
}

const whole = (event: StoredEvent): StoredEvent => {
  if (event.damage === undefined) return event
  throw new LogDamaged(`position ${event.position}: ${event.stream}@${event.revision}: ${event.damage}`)
}

/** An export that is cut, changed, or none: the line is named, from 1. */
export class BadExport extends Error {
  override readonly name = 'BadExport'
}

export type Exported = {
  readonly header: ExportHeader
  /** Of the exported log itself. */
  readonly moved: readonly MovedPlaces[]
  readonly events: AsyncIterable<ExportedEvent>
  /** SHA-256 over all lines but the last one, once the iteration has come to its end. */
  readonly sha256?: () => string | undefined
}

/** `bytes`: of its line, so a little more than those of its data and meta; undefined where nobody has counted them. */
export type ExportedEvent = StoredEvent & { readonly bytes?: number }

type Line = { readonly number: number; readonly text: string; readonly value: unknown }

/**
 * Reads an export as it comes. The iteration throws BadExport at an event whose checksum does not hold, and at the end when
 * count or hash are not those of the file. `examined`: the hash of an export whose events were all held against their
 * checksums: they are not again, and the iteration throws at the end when this is not that very export.
 */
export const readExport = async (lines: AsyncIterable<string>, examined?: string): Promise<Exported> => {
  const read = lineReader(lines)
  const hash = lineHash()
  const first = await read()
  const parsed = header.safeParse(first?.value)
  if (!parsed.success) throw new BadExport('line 1: this is no export of a homeserver log')
  hash.add(first?.text ?? '')
  let sha256: string | undefined

  const events = async function* (): AsyncGenerator<ExportedEvent> {
    let count = 0
    for (;;) {
      const next = await read()
      if (next === undefined) throw new BadExport('the export ends without its last line')
      const end = trailerOf(next)
      if (end !== undefined) {
        const hashed = hash.end()
        checkEnd(next, end, count, hashed)
        if (examined !== undefined && examined !== hashed) throw new BadExport('the file has changed meanwhile')
        sha256 = hashed
        return
      }
      hash.add(next.text)
      count++
      const event = eventOf(next)
      if (examined === undefined) hold(event, next)
      yield event
    }
  }
  return { header: parsed.data, moved: gatherPlaces(parsed.data.places ?? []), events: events(), sha256: () => sha256 }
}

/** No event has such a field, and to learn from a schema that each of them is no last line costs as much as all else. */
const trailerOf = ({ value }: Line): Trailer | undefined =>
  typeof value === 'object' && value !== null && 'count' in value ? trailer.safeParse(value).data : undefined

/** Over lines with their ends, many at a time: a call costs more than what it hashes. */
const lineHash = () => {
  const hash = createHash('sha256')
  const hashedAtOnce = 64 * 1024
  let waiting = ''
  return {
    add: (line: string): void => {
      waiting += `${line}\n`
      if (waiting.length < hashedAtOnce) return
      hash.update(waiting)
      waiting = ''
    },
    end: (): string => hash.update(waiting).digest('base64url'),
  }
}

const checkEnd = ({ number }: Line, { count, sha256 }: Trailer, found: number, hashed: string): void => {
  if (found !== count) throw new BadExport(`line ${number}: ${count} events were exported, ${found} are here`)
  if (hashed !== sha256) throw new BadExport('the SHA-256 of the lines is not the one written')
}

const eventOf = ({ number, text, value }: Line): ExportedEvent => {
  const event = line.safeParse(value)
  if (!event.success) throw new BadExport(`line ${number}: not an event`)
  const { position, ...fields } = event.data
  return { ...fields, position: toPosition(position), bytes: Buffer.byteLength(text) }
}

const hold = (event: StoredEvent, { number }: Line): void => {
  if (checkOf(event) === 'broken') throw new BadExport(`line ${number}: the event’s checksum does not hold`)
}

/** Undefined at the end. */
const lineReader = (lines: AsyncIterable<string>): (() => Promise<Line | undefined>) => {
  const iterator = lines[Symbol.asyncIterator]()
  let number = 0
  return async () => {
    const next = await iterator.next()
    number++
    return next.done === true ? undefined : { number, text: next.value, value: parseLine(next.value, number) }
  }
}

const parseLine = (text: string, number: number): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new BadExport(`line ${number}: not JSON`)
  }
}
