/** Houses of several domains, each a server process, that know where the others are. */
import { freePort } from '../support/freePort.js'
import type { ServerSettings } from '../support/startServer.js'
import { openHouse } from './house.js'
import type { House } from './house.js'

/** By the order of the domains. `patienceMs`: how long people try again. */
export const openFederated = async (
  domains: readonly string[],
  settings: ServerSettings = {},
  patienceMs?: number,
): Promise<readonly House[]> => {
  const ports = await Promise.all(domains.map(freePort))
  const peers = domains.map((domain, at) => `${domain}=http://127.0.0.1:${ports[at]}`).join(',')
  return Promise.all(
    domains.map((domain, at) =>
      openHouse(
        { DOMAIN: domain, PORT: String(ports[at]), FEDERATION: 'open', FEDERATION_PEERS: peers, ...settings },
        patienceMs,
      ),
    ),
  )
}
