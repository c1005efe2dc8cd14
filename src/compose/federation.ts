/** Other servers: how they are found, asked and believed, and the door at which they ask. */
import type { RequestListener } from 'node:http'
import { openOutbound } from '../adapters/outbound/outbound.js'
import { assemble, finish } from '../api/http/assemble.js'
import { anyHost } from '../api/http/address/hosts.js'
import type { HttpDependencies } from '../api/http/httpDependencies.js'
import { useOnceByLease, useOnceInMemory } from '../api/tokens/usedOnce.js'
import { directoryRoute } from '../federation/inbound/directoryRoute.js'
import { peerDoor } from '../federation/inbound/door.js'
import type { PeerRoute } from '../federation/inbound/door.js'
import { signAnswers } from '../federation/inbound/signAnswers.js'
import { knowPeers } from '../federation/peers/client.js'
import type { Peers } from '../federation/peers/client.js'
import { knowDirectories } from '../federation/peers/directories.js'
import { directoryPath } from '../federation/peers/directoryDocument.js'
import { hostAndPort } from '../federation/peers/hostAndPort.js'
import { publishedKeys, signingKeyAt } from '../federation/peers/ownKeys.js'
import { trustPeers } from '../federation/peers/trust.js'
import type { Trust } from '../federation/peers/trust.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import type { Domain } from '../mls/wire/ids.js'
import type { Outbound } from '../ports/outbound.js'
import type { Config } from './settings/config.js'
import type { House } from './house.js'
import { StartupProblem } from './process/startupProblem.js'

/** What is served to other servers: routes, and under which names the directory has their paths. */
export type ServedToPeers = {
  readonly routes: readonly PeerRoute[]
  readonly paths: Readonly<Record<string, string>>
  readonly extensionPaths: Readonly<Record<string, string>>
  readonly extensions: readonly string[]
  /** A peer showed itself. */
  readonly showed: (peer: Domain) => void
}

export type Federation = {
  readonly peers: Peers
  readonly trust: Trust
  /** The listener of what peers ask. */
  readonly listener: (shared: Omit<HttpDependencies, 'door'>, served: ServedToPeers) => RequestListener
  readonly close: () => Promise<void>
}

export type FederationRooms = Pick<House, 'world' | 'foundation' | 'streams'> & {
  /** How this server is reached, without a slash at the end: by what it is set to, and never by what a request says. */
  readonly url: () => string
}

/** Undefined: it is off. Throws StartupProblem. */
export const openFederation = (config: Config, rooms: FederationRooms): Federation | undefined => {
  const { mode, peers: named } = config.federation
  if (mode === 'off') return undefined
  const { foundation, streams, url } = rooms
  const { clock, random, logger } = rooms.world
  const { domain } = foundation.identity
  const { federationKeys, rootCertificate } = foundation.keys.server
  const signingAt = signingKeyAt(federationKeys)
  const signingKey = () => signingAt(clock.now())
  refuseWithoutKey(signingKey)

  const map = mapped(named)
  const outbound = outboundTo(map)
  const directories = knowDirectories({ outbound, map, clock })
  const policy = { byDefault: mode, named: new Set(named.keys()) }
  const trust = trustPeers({ streams, directories, policy, clock, logger })
  const peers = knowPeers({ domain, outbound, directories, trust, signingKey, clock, random })
  const began = clock.now()

  const listener: Federation['listener'] = (shared, { routes, showed, ...served }) => {
    const { usedOnce, leases } = foundation.readSide
    // Where leases do not outlive the process, neither do nonces: nothing from before this start is taken.
    const forgets = usedOnce !== undefined
    const door = peerDoor({
      domain,
      authorities: () => [domain, new URL(url()).host],
      trust,
      useOnce: forgets ? useOnceInMemory(clock) : useOnceByLease(leases, clock, random),
      forgetsBefore: forgets ? began : undefined,
      rateLimiter: shared.rateLimiter,
      callers: shared.callers,
      clock,
      showed,
    })
    const directory = directoryRoute(() => ({
      ...served,
      url: url(),
      domain,
      keys: publishedKeys(federationKeys, clock.now()),
      root: toBase64url(rootCertificate),
      rootStatements: [],
    }))
    // For which of our names a request is signed is looked at by the door, whatever its Host.
    const app = assemble([directory, ...routes], { ...shared, hosts: anyHost, door })
    finish(app, { logger })
    return signAnswers({ believed: door.believed, signingKey, clock }, app as RequestListener)
  }
  return { peers, trust, listener, close: () => outbound.close() }
}

const refuseWithoutKey = (signingKey: () => unknown): void => {
  try {
    signingKey()
  } catch (error) {
    throw new StartupProblem(78, error instanceof Error ? error.message : String(error))
  }
}

const mapped = (named: ReadonlyMap<Domain, string | undefined>): ReadonlyMap<Domain, string> =>
  new Map([...named].flatMap(([peer, origin]) => (origin === undefined ? [] : [[peer, origin] as const])))

const outboundTo = (map: ReadonlyMap<Domain, string>): Outbound =>
  openOutbound({ rule: { named: [...map.values()].map(hostAndPort), ports: 'anyAboveWellKnown' } })

export const nothingButTheDirectory: ServedToPeers = {
  routes: [],
  paths: {},
  extensionPaths: {},
  extensions: [],
  showed: () => undefined,
}

/** As a request line names it; any other spelling is nobody's, and answered so at the clients' door. */
const isForPeers = (url: string): boolean => url.split('?', 1)[0] === directoryPath || url.startsWith('/federation/')

/** Undefined: federation is off, and its addresses are as any other that is not there. */
export const withPeersDoor =
  (peers: RequestListener | undefined, others: RequestListener): RequestListener =>
  (request, response) => {
    const listener = peers !== undefined && isForPeers(request.url ?? '') ? peers : others
    listener(request, response)
  }
