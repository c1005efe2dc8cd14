/**
 * Of all that a stream of acknowledgements says, only the last word about each queue matters. Now and then those words are
 * said again in as few events as hold them, and everything before is truncated: the stream does not grow for ever.
 */
import { acknowledgementsShapes, parseAcknowledgementsEvent } from '../events/acknowledgements.js'
import type { AcknowledgementsEvent } from '../events/acknowledgements.js'
import type { RawEvent } from '../events/form/parser.js'
import { commandId } from '../streams/commandId.js'
import type { Streams } from '../streams/streams.js'

/** What it needs of the log. */
export type AcknowledgementsLog = {
  readStream(
    stream: string,
    options: { readonly from: number; readonly limit: number },
  ): Promise<readonly (RawEvent & { readonly revision: number })[]>
  truncate(stream: string, before: number): Promise<void>
}

export type CarryDependencies = {
  readonly log: AcknowledgementsLog
  readonly streams: Pick<Streams, 'append'>
  readonly now: () => number
  readonly stream: string
  /** Of this start of the process: tells its commands from those of others. */
  readonly start: string
}

export type Carry = {
  /** An event about so many queues was written. */
  wrote(queues: number): void
  /** Carries over when enough was written since the last time. Throws StoreUnavailable; the next time mends it. */
  readonly ifDue: () => Promise<void>
}

/** Fewer events than this are left as they are. */
const dueEvents = 64
/** Queues in one event: well below the bytes of an append. */
const queuesPerEventMax = 5_000
/** Of at most 350 KB each. */
const pageEvents = 50
const dayMs = 24 * 60 * 60 * 1_000

type Word = { readonly upTo: number; readonly at: number }
type Said = { readonly words: ReadonlyMap<string, Word>; readonly events: number; readonly next: number }

export const carryOver = ({ log, streams, now, stream, start }: CarryDependencies): Carry => {
  // What earlier processes wrote is not known: the first word of this one has the stream looked through.
  let events = dueEvents
  let words = 0
  let carried = 0
  let rounds = 0

  const carry = async ({ words: last, next }: Said): Promise<void> => {
    rounds++
    for (const [index, event] of toEvents(last).entries()) {
      const id = commandId(stream, `carry ${start} ${rounds} ${index}`)
      await streams.append({ shapes: acknowledgementsShapes }, stream, { id, bodyHash: '', at: now() }, event)
    }
    await log.truncate(stream, next)
  }

  const ifDue: Carry['ifDue'] = async () => {
    // As much as is carried, at least: so that carrying costs no more than what it does away with.
    if (events < dueEvents || words < carried) return
    const said = await readAll(log, stream)
    events = said.events
    if (said.events < dueEvents) return
    await carry(said)
    carried = said.words.size
    events = 0
    words = 0
  }

  return {
    wrote: (queues) => {
      events++
      words += queues
    },
    ifDue,
  }
}

const readAll = async (log: AcknowledgementsLog, stream: string): Promise<Said> => {
  const words = new Map<string, Word>()
  let events = 0
  for (let next = 0; ;) {
    const page = await log.readStream(stream, { from: next, limit: pageEvents })
    for (const stored of page) {
      next = stored.revision + 1
      events++
      const event = parseAcknowledgementsEvent(stored)
      if (event.type !== 'Erased') hear(words, event, stored.meta.at)
    }
    if (page.length < pageEvents) return { words, events, next }
  }
}

const hear = (words: Map<string, Word>, { data }: AcknowledgementsEvent, at: number): void => {
  for (const [queue, upTo] of Object.entries(data.queues)) {
    const known = words.get(queue)
    words.set(queue, {
      upTo: Math.max(upTo, known?.upTo ?? 0),
      at: Math.max(data.touchedAt ?? at, known?.at ?? 0),
    })
  }
}

/** By the day on which they were said, since a queue's silence counts; and by name, so that nothing tells who belongs together. */
const toEvents = (words: ReadonlyMap<string, Word>): readonly AcknowledgementsEvent[] => {
  const days = new Map<number, [string, Word][]>()
  for (const entry of words) {
    const day = Math.floor(entry[1].at / dayMs)
    const said = days.get(day) ?? []
    days.set(day, said)
    said.push(entry)
  }
  return [...days.values()].flatMap((said) => {
    const touchedAt = said.reduce((latest, [, { at }]) => Math.max(latest, at), 0)
    const sorted = said.sort(([one], [other]) => (one < other ? -1 : 1))
    return chunks(sorted).map((chunk) => ({
      type: 'QueuesAcknowledged' as const,
      data: { queues: Object.fromEntries(chunk.map(([queue, { upTo }]) => [queue, upTo])), touchedAt },
    }))
  })
}

const chunks = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / queuesPerEventMax) }, (_, n) =>
    all.slice(n * queuesPerEventMax, (n + 1) * queuesPerEventMax),
  )
