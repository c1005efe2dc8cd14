/**
 * The form of an export: JSON lines. A header, every event in log order, and a last line with their count and the
 * SHA-256 over all lines before it, so that a cut or changed file is found.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Json } from '../events/json.js'
import { metaSchema } from '../events/meta.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import { origin, toPosition } from '../ports/position.js'

const format = 'mls-homeserver-events'
const pageEvents = 500

const header = z.strictObject({
  format: z.literal(format),
  version: z.literal(1),
  domain: z.string(),
  logId: z.string(),
})
const trailer = z.strictObject({ count: z.number().int(), sha256: z.string() })
const line = z.strictObject({
  position: z.number().int().positive(),
  stream: z.string().min(1),
  revision: z.number().int().nonnegative(),
  id: z.string(),
  type: z.string().min(1),
  data: z.custom<Json>(() => true),
  meta: metaSchema,
})
export type ExportHeader = z.infer<typeof header>

export type Summary = { readonly count: number; readonly sha256: string }

/** Writes the whole log, line by line. `write` resolves when there is room for more. */
export const exportEvents = async (
  events: EventStore,
  about: { readonly domain: string; readonly logId: string },
  write: (line: string) => Promise<void>,
): Promise<Summary> => {
  const hash = createHash('sha256')
  const put = async (value: object): Promise<void> => {
    const text = `${JSON.stringify(value)}\n`
    hash.update(text)
    await write(text)
  }
  await put({ format, version: 1, ...about })
  let count = 0
  for (let after = origin; ;) {
    const page = await events.readAll({ after, limit: pageEvents })
    for (const event of page) await put(event)
    count += page.length
    after = page.at(-1)?.position ?? after
    if (page.length < pageEvents) break
  }
  const summary = { count, sha256: hash.digest('base64url') }
  await write(`${JSON.stringify(summary)}\n`)
  return summary
}

/** An export that is cut, changed, or none: the line is named, from 1. */
export class BadExport extends Error {
  override readonly name = 'BadExport'
}

export type Exported = { readonly header: ExportHeader; readonly events: AsyncIterable<StoredEvent> }

/** Reads an export as it comes; the iteration throws BadExport at the end when count or hash are not those of the file. */
export const readExport = async (lines: AsyncIterable<string>): Promise<Exported> => {
  const iterator = lines[Symbol.asyncIterator]()
  const hash = createHash('sha256')
  const first = await iterator.next()
  const parsed = first.done === true ? undefined : header.safeParse(parseLine(first.value, 1))
  if (parsed?.success !== true) throw new BadExport('line 1: this is no export of a homeserver log')
  hash.update(`${String(first.value)}\n`)

  const events = async function* (): AsyncGenerator<StoredEvent> {
    let count = 0
    for (let number = 2; ; number++) {
      const next = await iterator.next()
      if (next.done === true) throw new BadExport(`line ${number}: the export ends without its last line`)
      const value = parseLine(next.value, number)
      const end = trailer.safeParse(value)
      if (end.success) {
        const { sha256, count: expected } = end.data
        if (count !== expected)
          throw new BadExport(`line ${number}: ${expected} events were exported, ${count} are here`)
        if (hash.digest('base64url') !== sha256) throw new BadExport('the SHA-256 of the lines is not the one written')
        return
      }
      const event = line.safeParse(value)
      if (!event.success) throw new BadExport(`line ${number}: not an event`)
      hash.update(`${next.value}\n`)
      count++
      yield { ...event.data, position: toPosition(event.data.position) }
    }
  }
  return { header: parsed.data, events: events() }
}

const parseLine = (text: string, number: number): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new BadExport(`line ${number}: not JSON`)
  }
}
