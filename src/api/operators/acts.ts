/** What operators did, newest first: read from their stream as it stands. */
import { z } from 'zod'
import { actsAnswer, operatorPath, pageField } from '../../contract/operators.js'
import type { ActShown } from '../../contract/operators.js'
import { operatorsStream, parseOperatorsEvent } from '../../events/operators.js'
import { writeCursor } from '../../items/cursor.js'
import type { Limits } from '../../limits/limits.js'
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { HeldCursor } from '../http/heldCursor.js'
import { pageLimit } from './pageLimit.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'

export type ActsDependencies = {
  readonly events: Pick<EventStore, 'last' | 'readStream'>
  readonly heldCursor: HeldCursor
  readonly logId: string
  readonly limits: Limits
}

export const actsRoute = ({ events, heldCursor, logId, limits }: ActsDependencies): OperatorRoute =>
  operatorRoute({
    method: 'get',
    path: `${operatorPath}/acts`,
    tag: 'Operators',
    summary: 'List what operators did, newest first',
    description: 'Who, what, when and why. Pass `next` back as `before` for the next page; a page may be short.',
    access: 'operator',
    query: z.strictObject({ before: pageField.optional(), limit: pageLimit(limits) }),
    success: { status: 200, body: actsAnswer },
    problems: [],
    answer: async ({ query: { before, limit } }) => {
      const above = before === undefined ? undefined : await readPlace(heldCursor, before)
      if (typeof above === 'object') return above
      const end = Math.min(((await events.last(operatorsStream))?.revision ?? -1) + 1, above ?? Infinity)
      const from = Math.max(0, end - limit)
      const page = end === from ? [] : await events.readStream(operatorsStream, { from, limit: end - from })
      const first = from === 0 ? undefined : page[0]
      const next = first === undefined ? {} : { next: `${from}.${writeCursor(logId, first.position)}` }
      return { status: 200, body: { acts: page.toReversed().flatMap(shown), ...next } }
    },
  })

const shown = (stored: StoredEvent): readonly ActShown[] => {
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
