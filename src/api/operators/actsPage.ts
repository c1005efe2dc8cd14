/** A page of what operators did, newest first: read from their stream as it stands. */
import { operatorsStream, parseOperatorsEvent } from '../../events/operators.js'
import type { OperatorsEvent } from '../../events/operators.js'
import { writeCursor } from '../../items/cursor.js'
import type { Limits } from '../../limits/limits.js'
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { HeldCursor } from '../http/request/heldCursor.js'

export type ActsDependencies = {
  readonly events: Pick<EventStore, 'last' | 'readStream'>
  readonly heldCursor: HeldCursor
  readonly logId: string
  readonly limits: Limits
}

/** `at`: when it was recorded, ms. */
export type PlacedAct = Extract<OperatorsEvent, { type: 'OperatorActed' }>['data'] & { readonly at: number }
type Page = { readonly acts: readonly PlacedAct[]; readonly next?: string }

/** Of at most `limit` events: there are others between acts, so it may be short. Where there are older ones, with `next`. */
export const actsPage = async (
  { events, heldCursor, logId }: ActsDependencies,
  { before, limit }: { readonly before?: string | undefined; readonly limit: number },
): Promise<Page | Rejected> => {
  const above = before === undefined ? Infinity : await readPlace(heldCursor, before)
  if (typeof above === 'object') return above
  const end = Math.min(((await events.last(operatorsStream))?.revision ?? -1) + 1, above)
  const from = Math.max(0, end - limit)
  const page = end === from ? [] : await events.readStream(operatorsStream, { from, limit: end - from })
  const acts = page.toReversed().flatMap(placed)
  const first = from === 0 ? undefined : page[0]
  return first === undefined ? { acts } : { acts, next: `${from}.${writeCursor(logId, first.position)}` }
}

const placed = (stored: StoredEvent): readonly PlacedAct[] => {
  const event = parseOperatorsEvent(stored)
  return event.type === 'OperatorActed' ? [{ ...event.data, at: stored.meta.at }] : []
}

/** The revision that the page ends below. */
const readPlace = async (heldCursor: HeldCursor, page: string): Promise<number | Rejected> => {
  const [, revision, cursor] = /^([0-9]{1,15})\.(.*)$/s.exec(page) ?? []
  if (revision === undefined || cursor === undefined) {
    return reject({ code: 'malformed', detail: 'query.before: not the `next` of a page' })
  }
  const read = await heldCursor(cursor)
  return 'rejected' in read ? read : Number(revision)
}
