/** The query of a request, and the wait that a read may ask for in it. */
import type { Request } from 'express'
import { z } from 'zod'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { checked } from './checked.js'
import type { HttpDependencies } from './httpDependencies.js'
import type { RouteShape } from './route.js'

/** Of routes that take none: fields that nobody knows are errors there as well. */
const nothing = z.strictObject({})

/** `?after=<position>` of a read that has no `after` of its own: waits until the read models have got there. */
export const readQuery = async (
  route: RouteShape,
  deps: Pick<HttpDependencies, 'heldCursor' | 'reached' | 'limits'>,
  request: Request,
): Promise<{ readonly value: unknown } | Rejected> => {
  const query: Record<string, unknown> = { ...request.query }
  const own = route.query !== undefined && 'shape' in route.query && Object.hasOwn(route.query.shape as object, 'after')
  if (route.method === 'get' && !own && query['after'] !== undefined) {
    const cursor = await deps.heldCursor(textOf(query['after']))
    if ('rejected' in cursor) return cursor
    if (!(await deps.reached(cursor.position, deps.limits.readWaitMsMax))) return reject({ code: 'read-model-behind' })
    delete query['after']
  }
  return checked(route.query ?? nothing, query, 'query', deps.limits)
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
