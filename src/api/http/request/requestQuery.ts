/** The query of a request, and the wait that a read may ask for in it. */
import type { Request } from 'express'
import { z } from 'zod'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { checked } from './checked.js'
import type { HttpDependencies } from '../httpDependencies.js'
import type { RouteShape } from '../route.js'

/** Of routes that take none: fields that nobody knows are errors there as well. */
const nothing = z.strictObject({})

/** Whatever a route reads, `?atLeast=<position>` has it wait until the read models have got there. */
export const readQuery = async (
  route: RouteShape,
  deps: Pick<HttpDependencies, 'heldCursor' | 'reached' | 'limits'>,
  request: Request,
): Promise<{ readonly value: unknown } | Rejected> => {
  const query: Record<string, unknown> = { ...request.query }
  if (route.method === 'get' && query['atLeast'] !== undefined) {
    const cursor = await deps.heldCursor(textOf(query['atLeast']))
    if ('rejected' in cursor) return cursor
    if (!(await deps.reached(cursor.position, deps.limits.readWaitMsMax))) return reject({ code: 'read-model-behind' })
    delete query['atLeast']
  }
  if (query['after'] !== undefined && !takesAfter(route)) return reject({ code: 'malformed', detail: waitsByAtLeast })
  return checked(route.query ?? nothing, query, 'query', deps.limits)
}

const takesAfter = ({ query }: RouteShape): boolean =>
  query !== undefined && 'shape' in query && Object.hasOwn(query.shape as object, 'after')

/** How reads waited once, and what is easily mistaken for it. */
const waitsByAtLeast =
  'query.after: a cursor of a queue’s items alone; a read waits for a position by ?atLeast=<position>'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
