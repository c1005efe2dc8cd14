/** The homeserver's interface as functions, a noun each: docs/api.md, route by route, with bytes as Uint8Array. */
import type { Discovery, Http } from '../transport/http.js'
import type { ServerClock } from '../transport/serverClock.js'
import { accountApi } from './account.js'
import { assetsApi } from './assets.js'
import { type Bearers, type Caller, callersOf, type Cursor } from './caller.js'
import { contactsApi } from './contacts.js'
import { groupsApi } from './groups.js'
import { invitationsApi } from './invitations.js'
import { keyPackagesApi } from './keyPackages.js'
import { pushApi } from './push.js'
import { queuesApi } from './queues.js'
import { reportsApi } from './reports.js'

export type Api = {
  readonly account: ReturnType<typeof accountApi>
  readonly assets: ReturnType<typeof assetsApi>
  readonly contacts: ReturnType<typeof contactsApi>
  readonly groups: ReturnType<typeof groupsApi>
  readonly invitations: ReturnType<typeof invitationsApi>
  readonly keyPackages: ReturnType<typeof keyPackagesApi>
  readonly push: ReturnType<typeof pushApi>
  readonly queues: ReturnType<typeof queuesApi>
  readonly reports: ReturnType<typeof reportsApi>
  readonly discover: () => Promise<Discovery>
  readonly clock: Pick<ServerClock, 'now' | 'isKnown'>
} & Pick<Caller, 'clientToken' | 'queueToken'>

/** The interface within `stop`. */
export const apiOf = (http: Http, bearers: Bearers, stop: AbortSignal): Api => apisOf(http, bearers, stop)(stop)

/** The interface within a signal of the moment; `stop` ends all. `heard` is told the position that each answer names. */
export const apisOf = (
  http: Http,
  bearers: Bearers,
  stop: AbortSignal,
  heard: (position: Cursor) => void = () => undefined,
): ((signal: AbortSignal) => Api) => {
  const callers = callersOf(http, bearers, stop, heard)
  return (signal) => apiWith(callers(signal), http, signal)
}

const apiWith = (caller: Caller, http: Http, signal: AbortSignal): Api => ({
  account: accountApi(caller),
  assets: assetsApi(caller),
  contacts: contactsApi(caller),
  groups: groupsApi(caller),
  invitations: invitationsApi(caller),
  keyPackages: keyPackagesApi(caller),
  push: pushApi(caller),
  queues: queuesApi(caller),
  reports: reportsApi(caller),
  discover: () => http.discover(signal),
  clock: http.clock,
  clientToken: caller.clientToken,
  queueToken: caller.queueToken,
})
