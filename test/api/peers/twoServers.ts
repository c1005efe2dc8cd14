/** Two servers as they are composed, of two domains that know each other's addresses, and what one asks the other by its own key. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKeys } from '#src/adapters/keys/directory.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { openOutbound } from '#src/adapters/outbound/outbound.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { knowPeers } from '#src/federation/peers/client.js'
import type { Peers } from '#src/federation/peers/client.js'
import { knowDirectories } from '#src/federation/peers/directories.js'
import { signingKeyAt } from '#src/federation/peers/ownKeys.js'
import { trustPeers } from '#src/federation/peers/trust.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { Domain } from '#src/mls/wire/ids.js'
import type { Clock } from '#src/ports/clock.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { makeStreams } from '#src/streams/streams.js'
import { houseAt, operator } from '../../faults/house.js'
import type { RealHouse } from '../../faults/house.js'
import { freePort } from '../../support/freePort.js'
import { silentLogger } from '../../support/silentLogger.js'
import { startServer } from '../../support/startServer.js'
import type { ServerSettings } from '../../support/startServer.js'

export const [hubDomain, followerDomain] = [parseDomain('a.example')!, parseDomain('b.example')!]

/** Where each is, before any of them is there. */
export type Street = {
  readonly urls: ReadonlyMap<Domain, string>
  readonly settingsOf: (domain: Domain) => ServerSettings
  readonly dataDirOf: (domain: Domain) => string
  /** Asks as the server of a domain, with its key. */
  readonly peersOf: (domain: Domain, clock: Pick<Clock, 'now' | 'sleep'>) => Promise<Peers>
  readonly close: () => Promise<void>
}

export const openStreet = async (): Promise<Street> => {
  const domains = [hubDomain, followerDomain]
  const directory = await mkdtemp(join(tmpdir(), 'homeserver-street-'))
  const ports = await Promise.all(domains.map(freePort))
  const urls = new Map(domains.map((domain, at) => [domain, `http://127.0.0.1:${ports[at] ?? 0}`]))
  const outbound = openOutbound({ rule: { named: ['127.0.0.1'], ports: 'https' } })
  const dataDirOf = (domain: Domain): string => join(directory, domain)
  return {
    urls,
    dataDirOf,
    settingsOf: (domain) => ({
      DOMAIN: domain,
      DATA_DIR: dataDirOf(domain),
      PORT: new URL(urls.get(domain) ?? '').port,
      FEDERATION: 'allow',
      OPERATOR_TOKEN: operator.token,
      FEDERATION_PEERS: Array.from(urls, ([peer, url]) => `${peer}=${url}`)
        .filter((one) => !one.startsWith(domain))
        .join(),
    }),
    peersOf: async (domain, clock) => {
      const keys = await openKeys(join(dataDirOf(domain), 'keys'))
      if (keys === undefined) throw new Error(`${domain} has no keys`)
      const signingAt = signingKeyAt(() => keys.server.federationKeys)
      const directories = knowDirectories({ outbound, map: urls, clock })
      const streams = makeStreams({
        events: openMemoryEventStore(),
        snapshots: openMemorySnapshots(),
        cacheBytesMax: 1_000_000,
        pause: () => Promise.resolve(),
      })
      const policy = { byDefault: 'open', named: new Set<Domain>() } as const
      const trust = trustPeers({ streams, directories, policy, clock, logger: silentLogger })
      const signingKey = () => signingAt(clock.now())
      return knowPeers({ domain, outbound, directories, trust, signingKey, clock, random: systemRandom })
    },
    close: async () => {
      await outbound.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The server of a domain as a process of its own. */
export const startIn = async (street: Street, domain: Domain): Promise<RealHouse> =>
  houseAt(await startServer(street.settingsOf(domain)), Date.now, domain)

/** Resolves with the first event that is looked for, once the log has it: what works by itself has no other way to say so. */
export const happened = async (
  house: { readonly log: () => Promise<readonly StoredEvent[]> },
  isIt: (event: StoredEvent) => boolean,
  meanwhile: () => void = () => undefined,
): Promise<StoredEvent> => {
  for (;;) {
    const found = (await house.log()).find(isIt)
    if (found !== undefined) return found
    meanwhile()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
