/** Other servers: how they are found, asked and believed, and the door at which they ask. */
import type { RequestListener } from 'node:http'
import { openOutbound } from '../adapters/outbound/outbound.js'
import { assemble, finish } from '../api/http/assemble.js'
import { anyHost } from '../api/http/address/hosts.js'
import type { HttpDependencies } from '../api/http/httpDependencies.js'
import { useOnceByLease, useOnceInMemory } from '../api/tokens/usedOnce.js'
import { rootsOf } from '../federation/claims/roots.js'
import { statementsOf } from '../api/accounts/authority.js'
import { seenThrough } from '../limits/seenThrough.js'
import type { RootsOf } from '../federation/claims/roots.js'
import { knowAway } from '../federation/forwarding/away.js'
import type { Away } from '../federation/forwarding/away.js'
import { askOtherServers } from '../federation/forwarding/otherServers.js'
import { directoryRoute } from '../federation/inbound/directoryRoute.js'
import { peerDoor } from '../federation/inbound/door.js'
import type { PeerRoute } from '../federation/inbound/door.js'
import { countInHand } from '../federation/inbound/inHand.js'
import { signAnswers } from '../federation/inbound/signAnswers.js'
import { knowPeers } from '../federation/peers/client.js'
import type { Peers } from '../federation/peers/client.js'
import { knowDirectories } from '../federation/peers/directories.js'
import { directoryPath } from '../federation/peers/directoryDocument.js'
import { fetchFrom } from '../federation/peers/fetchFrom.js'
import type { FetchFrom } from '../federation/peers/fetchFrom.js'
import { hostAndPort } from '../federation/peers/hostAndPort.js'
import { publishedKeys, signingKeyAt } from '../federation/peers/ownKeys.js'
import type { FederationPolicy } from '../federation/peers/policy.js'
import { tellSeenAgain } from '../federation/peers/seenAgain.js'
import { foreignRoots } from '../federation/peers/roots.js'
import type { ForeignRoots } from '../federation/peers/roots.js'
import { trustPeers } from '../federation/peers/trust.js'
import type { Trust } from '../federation/peers/trust.js'
import type { HubKey } from '../federation/inbound/groupInfo.js'
import type { SigningKey } from '../federation/signatures/signingKey.js'
import { bodyBytesMax } from '../federation/wire/limits.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import type { Domain } from '../mls/wire/ids.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { FederationKey } from '../ports/keys.js'
import type { Outbound } from '../ports/outbound.js'
import type { OtherServers } from '../ports/peers.js'
import { namesItsDomain, shownToPeers } from './peersTls.js'
import type { ShownToPeers } from './peersTls.js'
import type { Config } from './settings/config.js'
import type { House } from './house.js'
import { StartupProblem } from './process/startupProblem.js'

/** What is served to other servers: routes, and under which names the directory has their paths. */
export type ServedToPeers = {
  readonly routes: readonly PeerRoute[]
  readonly paths: Readonly<Record<string, string>>
  readonly extensionPaths: Readonly<Record<string, string>>
  readonly extensions: readonly string[]
}

/** The listener of what peers ask, on what all doors share. */
export type PeersListener = (shared: Omit<HttpDependencies, 'door'>) => RequestListener

export type Federation = {
  readonly peers: Peers
  /** What clients of ours ask of other servers. */
  readonly others: OtherServers
  readonly trust: Trust
  readonly peerPolicy: FederationPolicy
  readonly away: Away
  /** A URL of a server that is known, as anybody may fetch it. */
  readonly fetchFrom: FetchFrom
  /** Under which members of other domains are believed. */
  readonly roots: ForeignRoots
  /** …and requests of clients, ours among them. */
  readonly rootsFor: RootsOf
  /** The key that signs now, as a hub is known by it. */
  readonly hubKey: () => HubKey
  /** A peer showed itself: it asked something, or answers again. */
  readonly onShown: (listener: (peer: Domain) => void) => void
  readonly listenerOf: (served: ServedToPeers) => PeersListener
  readonly close: () => Promise<void>
}

export type FederationRooms = Pick<House, 'world' | 'foundation' | 'keyring' | 'streams' | 'vouching'> & {
  /** How this server is reached, without a slash at the end: by what it is set to, and never by what a request says. */
  readonly url: () => string
}

/** Undefined: it is off. Throws StartupProblem. */
export const openFederation = (config: Config, rooms: FederationRooms): Federation | undefined => {
  const { mode, peers: named, door: ownDoor } = config.federation
  if (mode === 'off') return undefined
  const { foundation, keyring, streams, vouching, url } = rooms
  const { clock, random, logger } = rooms.world
  const { domain } = foundation.identity
  const { keys } = foundation
  const signingAt = signingKeyAt(() => keys.server.federationKeys)
  const signingKey = () => signingAt(clock.now())
  refuseWithoutKey(signingKey)

  const map = mapped(named)
  const outbound = outboundTo(map, shownToPeers(config.federation))
  const directories = knowDirectories({ outbound, map, clock })
  const policy: FederationPolicy = { byDefault: mode, named: new Set(named.keys()) }
  const trust = trustPeers({ streams, directories, policy, clock, logger })
  const away = knowAway(clock)
  const listeners: ((peer: Domain) => void)[] = [away.showed, directories.showed]
  const showed = (peer: Domain): void => {
    for (const listener of listeners) listener(peer)
  }
  const peers = tellSeenAgain(knowPeers({ domain, outbound, directories, trust, signingKey, clock, random }), showed)
  const roots = foreignRoots({ streams, trust })
  const rootsFor = rootsOf({ domain, own: keyring.roots, roots })
  const others = askOtherServers({ domain, peers, trust, roots, away, rootsFor, clock })
  const began = clock.now()
  /** Nobody is told a wrong one, which is kept for an hour. */
  const here = (): string => {
    const at = url()
    if (at === '') throw new StoreUnavailable('it is not known yet where this server listens')
    return at
  }

  const listenerOf: Federation['listenerOf'] =
    ({ routes, ...served }) =>
    (shared) => {
      const { usedOnce, leases } = foundation.readSide
      // Where leases do not outlive the process, neither do nonces: nothing from before this start is taken.
      const forgets = usedOnce !== undefined
      const inHand = countInHand()
      const door = peerDoor({
        domain,
        authorities: () => [
          domain,
          new URL(here()).host,
          ...(ownDoor === undefined ? [] : [new URL(ownDoor.url).host]),
        ],
        ...(ownDoor === undefined ? {} : { certifies: namesItsDomain() }),
        trust,
        useOnce: forgets ? useOnceInMemory(clock) : useOnceByLease(leases, clock, random),
        forgetsBefore: forgets ? began : undefined,
        rateLimiter: shared.rateLimiter,
        callers: shared.callers,
        inHand,
        clock,
        showed,
      })
      const directory = directoryRoute(() => ({
        ...served,
        url: ownDoor?.url ?? here(),
        domain,
        keys: publishedKeys(keys.server.federationKeys, clock.now()),
        root: toBase64url(vouching.authority.root),
        rootStatements: statementsOf(vouching.authority),
      }))
      // For which of our names a request is signed is looked at by the door, whatever its Host.
      // A body is read once it is known who asks: one of them may bring a whole group.
      const limits = seenThrough(shared.limits, { mlsBodyBytesMax: bodyBytesMax })
      const app = assemble([directory, ...routes], { ...shared, limits, hosts: anyHost, door })
      finish(app, { logger })
      return inHand.watch(signAnswers({ believed: door.believed, signingKey, clock }, app as RequestListener))
    }
  return {
    peers,
    others,
    away,
    fetchFrom: fetchFrom(outbound, directories),
    trust,
    peerPolicy: policy,
    roots,
    rootsFor,
    hubKey: hubKeyOf(() => keys.server.federationKeys, signingKey),
    onShown: (listener) => {
      listeners.push(listener)
    },
    listenerOf,
    close: () => outbound.close(),
  }
}

const hubKeyOf = (keys: () => readonly FederationKey[], signingKey: () => SigningKey) => (): HubKey => {
  const key = signingKey()
  const publicKey = keys().find(({ id }) => id === key.id)?.publicKey
  if (publicKey === undefined) throw new Error('a key signs that is none of ours')
  return { ...key, publicKey }
}

const refuseWithoutKey = (signingKey: () => unknown): void => {
  try {
    signingKey()
  } catch (error) {
    throw new StartupProblem(78, error instanceof Error ? error.message : String(error))
  }
}

/** Where those are that settings say it of. */
export const mapped = (named: ReadonlyMap<Domain, string | undefined>): ReadonlyMap<Domain, string> =>
  new Map([...named].flatMap(([peer, origin]) => (origin === undefined ? [] : [[peer, origin] as const])))

export const outboundTo = (map: ReadonlyMap<Domain, string>, tls: ShownToPeers = {}): Outbound =>
  openOutbound({ rule: { named: [...map.values()].map(hostAndPort), ports: 'anyAboveWellKnown' }, tls })

/** As a request line names it; any other spelling is nobody's, and answered so at the clients' door. */
const isDirectory = (url: string): boolean => url.split('?', 1)[0] === directoryPath
const isForPeers = (url: string): boolean => isDirectory(url) || url.startsWith('/federation/')

/** `everything`: what peers ask beside the directory, too. Undefined: federation is off, and its addresses are as any other that is not there. */
export const withPeersDoor =
  (peers: RequestListener | undefined, others: RequestListener, everything: boolean): RequestListener =>
  (request, response) => {
    const url = request.url ?? ''
    const isTheirs = everything ? isForPeers(url) : isDirectory(url)
    const listener = peers !== undefined && isTheirs ? peers : others
    listener(request, response)
  }
