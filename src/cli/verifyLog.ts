/** Walks a whole log and says of every event whether it is what was once written, as far as that can be told. */
import { parseAnyEvent } from '../events/anyEvent.js'
import { firstTime } from '../events/form/firstTime.js'
import { isUnchecked } from '../events/form/checksum.js'
import { UnreadableEvent } from '../events/form/parser.js'
import { LogDamaged } from '../ports/eventStore.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import { origin } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import { rememberedEvents } from './exportFile.js'

const pageEvents = 500

export type Verified = {
  /** Each counted once. */
  readonly events: number
  readonly holding: number
  /** Written before there were checksums: they can be read, and that is all that is known of them. */
  readonly unchecked: number
  /** How many stand a second time, in a store that forgot their first try: readers know them by their ids. */
  readonly repeated: number
  /** What was reported. */
  readonly broken: number
}

/** A part of a log: above a position, up to another one. */
type Walk = {
  readonly after?: Position
  readonly until?: number
  /** Hears now and then how far it is. */
  readonly seen?: (position: Position) => void
  /** Hears of every event that is whole, in order, once; what the store holds a second time is passed over. */
  readonly each?: (event: StoredEvent) => void | Promise<void>
  /** Knows what came before `after`. */
  readonly isFirst?: (event: StoredEvent) => boolean
}

/** `report`: a line for whatever does not hold, beginning with its `position`. */
export const verifyLog = async (
  events: EventStore,
  report: (line: string) => void,
  { after: from = origin, until = Infinity, seen, each, isFirst = firstTime(rememberedEvents) }: Walk = {},
): Promise<Verified> => {
  const revisions = new Map<string, number>()
  const tally = { events: 0, holding: 0, unchecked: 0, repeated: 0, broken: 0 }
  const complain = (line: string): void => {
    tally.broken++
    report(line)
  }
  for (let after = from; ;) {
    const page = await readPage(events, after, complain)
    for (const event of page) {
      if (event.position > until) return tally
      const wrong = wrongWith(event) ?? (await wrongPlace(events, event, revisions.get(event.stream)))
      if (wrong !== undefined) complain(`position ${event.position}: ${event.stream}@${event.revision}: ${wrong}`)
      revisions.set(event.stream, event.revision)
      const first = isFirst(event)
      if (wrong === undefined && !first) tally.repeated++
      else tally.events++
      if (wrong !== undefined || !first) continue
      tally[isUnchecked(event) ? 'unchecked' : 'holding']++
      await each?.(event)
    }
    after = page.at(-1)?.position ?? after
    seen?.(after)
    if (page.length < pageEvents) return tally
  }
}

const readPage = async (
  events: EventStore,
  after: StoredEvent['position'],
  complain: (line: string) => void,
): Promise<readonly StoredEvent[]> => {
  try {
    return await events.readAll({ after, limit: pageEvents })
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error
    complain(`position ${after + 1} and beyond: ${error.message}`)
    return []
  }
}

/** Why an event is not what was once written, as far as it tells by itself: whoever read it has held it against its checksum. */
export const wrongWith = (event: StoredEvent): string | undefined => {
  if (event.damage !== undefined) return event.damage
  if (!isUnchecked(event)) return undefined
  try {
    parseAnyEvent(event)
    return undefined
  } catch (error) {
    if (error instanceof UnreadableEvent) return error.message
    throw error
  }
}

/** Revisions follow one another, but where a stream was truncated, perhaps just now. */
const wrongPlace = async (
  events: EventStore,
  { stream, revision }: StoredEvent,
  before: number | undefined,
): Promise<string | undefined> => {
  if (before === undefined || revision === before + 1) return undefined
  if (revision <= before) return `stands behind revision ${before}`
  const [oldest] = await events.readStream(stream, { from: 0, limit: 1 })
  return oldest !== undefined && oldest.revision < revision ? `follows revision ${before}` : undefined
}
