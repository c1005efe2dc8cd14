/** The operators' door: what its routes stand on, where it is, and which requests come to it rather than to the clients'. */
import type { RequestListener } from 'node:http'
import { assemble, finish } from '../../api/http/assemble.js'
import { knowHosts } from '../../api/http/address/hosts.js'
import type { Hosts } from '../../api/http/address/hosts.js'
import type { HttpDependencies } from '../../api/http/httpDependencies.js'
import { isLoopbackName } from '../../api/http/address/local.js'
import { auditRoutes } from '../../api/audit/routes.js'
import { operatorDoor } from '../../api/operators/door.js'
import type { OperatorRoute } from '../../api/operators/door.js'
import { operatorRoutes } from '../../api/operators/routes.js'
import type { OperatorDependencies } from '../../api/operators/routes.js'
import type { AuthenticateOperator } from '../../api/tokens/operatorAuthentication.js'
import { operatorPaths } from '../../contract/operators.js'
import type { Keys } from '../../ports/keys.js'
import type { Keyring } from '../keys/keyring.js'
import { keysShown } from '../keys/keysShown.js'
import { noticeMs } from '../keys/noticeMs.js'
import { inTime, projectionMetrics, readinessOf, tooLate } from '../readiness.js'
import type { ReadinessRooms } from '../readiness.js'
import type { Config } from '../settings/config.js'
import { openSideDoor } from './sideDoor.js'
import type { SideDoor } from './sideDoor.js'

export type OperatorRooms = ReadinessRooms &
  Omit<OperatorDependencies, 'status' | 'people' | 'models' | 'keyring'> & {
    readonly version: string
    readonly keyring: Keyring
    readonly keys: Keys
  }

export const operatorRoutesOf = (rooms: OperatorRooms): readonly OperatorRoute[] => {
  const { version, domain, logId } = rooms
  const status = async () => {
    const readiness = await inTime(rooms, readinessOf(rooms), tooLate)
    const projections = await inTime(rooms, projectionMetrics(rooms), [])
    return { version, domain, logId, ...readiness, projections: projections.map(shown) }
  }
  const { readModels, keys } = rooms
  const keyring = {
    shown: (now: number) => keysShown(keys.server, rooms.keyring, now),
    refresh: rooms.keyring.refresh,
    noticeMs: noticeMs(rooms.events),
  }
  const routes = operatorRoutes({ ...rooms, keyring, people: readModels, models: readModels.models, status })
  return [...routes, ...auditRoutes(rooms)]
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

type DoorDependencies = Omit<HttpDependencies, 'door' | 'hosts'> & { readonly authenticate: AuthenticateOperator }

/** Answers what is asked at the door, by the names of whichever port it was asked at. */
export const answerOperators =
  (routes: readonly OperatorRoute[], deps: DoorDependencies) =>
  (hosts: Hosts): RequestListener => {
    const app = assemble(routes, { ...deps, hosts, door: operatorDoor(deps.authenticate, deps.callers) })
    finish(app, deps)
    return app as RequestListener
  }

/** Throws StartupProblem. */
export const openOperatorDoor = async (
  { operators: { host, port }, tls }: Pick<Config, 'operators' | 'tls'>,
  answer: (hosts: Hosts) => RequestListener,
  world: Parameters<typeof openSideDoor>[2],
): Promise<SideDoor> => {
  const isHere = isLoopbackName(host)
  const door = await openSideDoor(
    { host, port, tls: isHere ? undefined : tls },
    answer(knowHosts({ publicUrl: undefined, host })),
    world,
  )
  if (!isHere && tls === undefined)
    world.logger.warn(
      'operators are listened to in the clear: set TLS_CERT and TLS_KEY, or OPERATOR_HOST to loopback',
      {
        setting: 'OPERATOR_HOST',
        url: door.url,
      },
    )
  return door
}

/** As a request line names it, a whole URL or not; any other spelling is nobody's, and answered so by the clients' door. */
const forOperators = new RegExp(`^(?:https?://[^/?#]*)?(?:${operatorPaths.join('|')})(?:[/?]|$)`)

export const byDoor =
  (operators: RequestListener, clients: RequestListener): RequestListener =>
  (request, response) => {
    const listener = forOperators.test(request.url ?? '') ? operators : clients
    listener(request, response)
  }
