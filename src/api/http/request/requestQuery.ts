/** The query of a request, and the wait that a read may ask for in it. */
import type { Request } from 'express'
import { z } from 'zod'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { parseGroupId } from '../../../mls/wire/ids.js'
import type { Position } from '../../../ports/position.js'
import { checked } from './checked.js'
import type { HttpDependencies } from '../httpDependencies.js'
import type { RouteShape } from '../route.js'

/** Of routes that take none: fields that nobody knows are errors there as well. */
const nothing = z.strictObject({})

/** Whatever a route reads, `?atLeast=<position>` (or the id of what another server accepted) has it wait until the read models have got there. */
export const readQuery = async (
  route: RouteShape,
  deps: Waiting,
  request: Request,
): Promise<{ readonly value: unknown } | Rejected> => {
  const query: Record<string, unknown> = { ...request.query }
  if (route.method === 'get' && query['atLeast'] !== undefined) {
    const behind = await waitFor(textOf(query['atLeast']), deps, request.params['group'])
    if (behind !== undefined) return behind
    delete query['atLeast']
  }
  if (query['after'] !== undefined && !takesAfter(route)) return reject({ code: 'malformed', detail: waitsByAtLeast })
  return checked(route.query ?? nothing, query, 'query', deps.limits)
}

type Waiting = Pick<HttpDependencies, 'heldCursor' | 'reached' | 'recordedElsewhere' | 'limits'>

/** A place in the log, or the id that another server gave to what it accepted, once that came back. */
const waitFor = async (text: string, deps: Waiting, group: unknown): Promise<Rejected | undefined> => {
  const { readWaitMsMax } = deps.limits
  const isId = acceptedId.test(text) && deps.recordedElsewhere !== undefined
  const place = isId ? await recordedPlace(text, deps, group) : await deps.heldCursor(text)
  if (place !== undefined && 'rejected' in place) return place
  const isThere = place !== undefined && (await deps.reached(place.position, readWaitMsMax))
  return isThere ? undefined : reject({ code: 'read-model-behind' })
}

const acceptedId = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

const recordedPlace = async (
  id: string,
  { recordedElsewhere, limits }: Waiting,
  group: unknown,
): Promise<{ readonly position: Position } | undefined> => {
  const of = typeof group === 'string' ? parseGroupId(group) : undefined
  const position = await recordedElsewhere?.(id, of, limits.readWaitMsMax)
  return position === undefined ? undefined : { position }
}

const takesAfter = ({ query }: RouteShape): boolean =>
  query !== undefined && 'shape' in query && Object.hasOwn(query.shape as object, 'after')

/** How reads waited once, and what is easily mistaken for it. */
const waitsByAtLeast =
  'query.after: a cursor of a queue’s items alone; a read waits for a position by ?atLeast=<position>'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
