/** The operators' door: what its routes stand on, and which requests come to it rather than to the clients'. */
import type { RequestListener } from 'node:http'
import { operatorRoutes } from '../api/operators/routes.js'
import type { OperatorDependencies } from '../api/operators/routes.js'
import type { OperatorRoute } from '../api/operators/door.js'
import { operatorPath } from '../contract/operators.js'
import { inTime, projectionMetrics, readinessOf, tooLate } from './readiness.js'
import type { ReadinessRooms } from './readiness.js'

export type OperatorRooms = ReadinessRooms &
  Omit<OperatorDependencies, 'status'> & { readonly version: string; readonly domain: string }

export const operatorRoutesOf = (rooms: OperatorRooms): readonly OperatorRoute[] => {
  const { events, heldCursor, logId, limits, streams, version, domain } = rooms
  const status = async () => {
    const readiness = await inTime(rooms, readinessOf(rooms), tooLate)
    const projections = await inTime(rooms, projectionMetrics(rooms), [])
    return { version, domain, logId, ...readiness, projections: projections.map(shown) }
  }
  return operatorRoutes({ events, heldCursor, logId, limits, streams, status })
}

const shown = ({
  name,
  lagMs,
  parked,
}: {
  readonly name: string
  readonly lagMs: number
  readonly parked: number
}) => ({
  name,
  lagMs,
  parked,
})

/** As a request line names it, a whole URL or not; any other spelling is nobody's, and answered so by the clients' door. */
const forOperators = new RegExp(`^(?:https?://[^/?#]*)?${operatorPath}(?:[/?]|$)`)

export const byDoor =
  (operators: RequestListener, clients: RequestListener): RequestListener =>
  (request, response) => {
    const listener = forOperators.test(request.url ?? '') ? operators : clients
    listener(request, response)
  }
