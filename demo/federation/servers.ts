/** Servers of several domains, a process each: a door for its people, and a way of its own to each of the others. */
import { freePort } from '../../test/support/freePort.js'
import { type RunningServer, startServer } from '../../test/support/startServer.js'
import { openRelay } from './relay.js'
import type { Relay } from './relay.js'

export type Place = {
  readonly domain: string
  readonly server: RunningServer
  /** Where its own clients ask, and nobody else. */
  readonly door: Relay
  /** By which it reaches the others. */
  readonly ways: ReadonlyMap<string, Relay>
}

export type Places = {
  readonly all: readonly Place[]
  readonly at: (domain: string) => Place
  /** Cuts a server off from the others, both ways; its own people reach it. Answers how to mend it. */
  readonly cutOff: (domain: string) => () => void
  readonly stop: () => Promise<void>
}

export const openPlaces = async (domains: readonly string[]): Promise<Places> => {
  const ports = new Map<string, number>()
  for (const domain of domains) ports.set(domain, await freePort())
  const wayTo = (domain: string): Promise<Relay> => openRelay(ports.get(domain) ?? 0)
  const all = await Promise.all(domains.map((domain) => openPlace(domain, String(ports.get(domain)), domains, wayTo)))
  const at = (domain: string): Place => {
    const place = all.find((one) => one.domain === domain)
    if (place === undefined) throw new Error(`there is no ${domain}`)
    return place
  }
  return {
    all,
    at,
    cutOff: (domain) => {
      const ways = all.flatMap((place) => [...place.ways].filter(([to]) => [place.domain, to].includes(domain)))
      for (const [, way] of ways) way.cut()
      return () => {
        for (const [, way] of ways) way.mend()
      }
    },
    stop: async () => {
      await Promise.all(all.map(({ server }) => server.stop()))
      for (const { door, ways } of all) for (const relay of [door, ...ways.values()]) await relay.close()
    },
  }
}

const openPlace = async (
  domain: string,
  port: string,
  domains: readonly string[],
  wayTo: (domain: string) => Promise<Relay>,
): Promise<Place> => {
  const door = await wayTo(domain)
  const ways = new Map<string, Relay>()
  for (const other of domains) if (other !== domain) ways.set(other, await wayTo(other))
  const server = await startServer({
    DOMAIN: domain,
    PORT: port,
    PUBLIC_URL: door.url,
    FEDERATION: 'allow',
    FEDERATION_PEERS: [...ways].map(([other, { url }]) => `${other}=${url}`).join(','),
  })
  return { domain, server, door, ways }
}
