/** Two servers on loopback that know each other's addresses: their doors, their clients, and what they remember of each other. */
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { memoryKeys } from '#src/adapters/keys/memory.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { openOutbound } from '#src/adapters/outbound/outbound.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { assemble, finish } from '#src/api/http/assemble.js'
import { knowCallers } from '#src/api/http/address/callers.js'
import { anyHost } from '#src/api/http/address/hosts.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { nobodyTrusted, readProxies } from '#src/api/http/address/trustedProxies.js'
import { useOnceInMemory } from '#src/api/tokens/usedOnce.js'
import { peerStream } from '#src/events/peerOutbox.js'
import { directoryRoute } from '#src/federation/inbound/directoryRoute.js'
import { peerDoor, peerRoute } from '#src/federation/inbound/door.js'
import type { PeerRoute } from '#src/federation/inbound/door.js'
import { countInHand } from '#src/federation/inbound/inHand.js'
import { signAnswers } from '#src/federation/inbound/signAnswers.js'
import { knowPeers } from '#src/federation/peers/client.js'
import { knowDirectories } from '#src/federation/peers/directories.js'
import type { OwnDirectory } from '#src/federation/peers/directoryDocument.js'
import { publishedKeys, signingKeyAt } from '#src/federation/peers/ownKeys.js'
import type { FederationPolicy } from '#src/federation/peers/policy.js'
import { trustPeers } from '#src/federation/peers/trust.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import type { Rates } from '#src/limits/limits.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { origin } from '#src/ports/position.js'
import type { Rejected } from '#src/streams/rejection.js'
import { makeStreams } from '#src/streams/streams.js'
import { silentLogger } from '../../support/silentLogger.js'

export const nameOf = (text: string): Domain => parseDomain(text)!

export type HandClock = { now: () => number; at: number; sleep: () => Promise<void> }
export const handClock = (at: number): HandClock => {
  const clock: HandClock = { at, now: () => clock.at, sleep: () => Promise.resolve() }
  return clock
}

const greeting = peerRoute({
  method: 'post',
  path: '/federation/v1/greetings/{room}',
  tag: 'Federation',
  summary: 'Greets',
  access: 'peer',
  params: z.strictObject({ room: z.string() }),
  query: z.strictObject({ loud: z.string().optional() }),
  body: z.strictObject({ word: z.string() }),
  success: { status: 201, body: z.object({ from: z.string(), room: z.string(), word: z.string() }) },
  problems: [],
  known: 'unrecorded',
  answer: ({ principal, params, body }) =>
    Promise.resolve({ status: 201, body: { from: principal.domain, isKnown: principal.isKnown, ...params, ...body } }),
})

export type PeerHouseOptions = {
  readonly policy?: FederationPolicy
  readonly forgetsBefore?: number
  /** In place of the listening address, to be counted by what X-Forwarded-For says. */
  readonly behindProxy?: boolean
  readonly clock?: HandClock
  readonly routes?: readonly PeerRoute[]
  readonly rates?: Partial<Rates>
  /** Why it takes no commands, while it takes none. */
  readonly holdsCommands?: () => Rejected | undefined
  /** What becomes of its answers on their way. */
  readonly proxy?: (listener: RequestListener) => RequestListener
}

export type PeerHouse = Awaited<ReturnType<typeof openPeerHouse>>

/** `map`: filled with where each is, for all who share it. */
export const openPeerHouse = async (domain: Domain, map: Map<Domain, string>, options: PeerHouseOptions = {}) => {
  const { policy = { byDefault: 'open', named: new Set<Domain>() }, clock = handClock(1_800_000_000_500) } = options
  const keys = { ...(await memoryKeys(domain, clock.now() - 1_000)).server }
  const events = openMemoryEventStore()
  const streams = makeStreams({
    events,
    snapshots: openMemorySnapshots(),
    cacheBytesMax: 1_000_000,
    pause: () => Promise.resolve(),
  })
  let listener: RequestListener = (_, response) => response.writeHead(503).end()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  map.set(domain, at)
  const outbound = openOutbound({ rule: { named: ['127.0.0.1'], ports: 'https' } })
  const directories = knowDirectories({ outbound, map, clock })
  const trust = trustPeers({ streams, directories, policy, clock, logger: silentLogger })
  const signingAt = signingKeyAt(() => keys.federationKeys)
  const signingKey = () => signingAt(clock.now())
  const peers = knowPeers({ domain, outbound, directories, trust, signingKey, clock, random: systemRandom })
  const own: { directory: OwnDirectory } = {
    directory: {
      url: `https://${domain}`,
      paths: { update: '/federation/v1/greetings/{roomId}' },
      extensionPaths: { greet: '/federation/v1/greetings/{room}?loud={loud}' },
      domain,
      keys: publishedKeys(keys.federationKeys, clock.now()),
      root: toBase64url(keys.rootCertificate),
      rootStatements: [],
      extensions: ['greet'],
    },
  }
  const shown: Domain[] = []
  const proxies = readProxies(options.behindProxy === true ? ['127.0.0.1'] : [])
  const callers = knowCallers('unknown' in proxies ? nobodyTrusted : { ...nobodyTrusted, ...proxies }, silentLogger)
  const rateLimiter = makeRateLimiter({ ...rateDefaults, ...options.rates }, clock)
  const inHand = countInHand()
  const door = peerDoor({
    domain,
    authorities: () => [domain, 'federation.test'],
    trust,
    useOnce: useOnceInMemory(clock),
    forgetsBefore: options.forgetsBefore,
    rateLimiter,
    callers,
    inHand,
    clock,
    showed: (peer) => void shown.push(peer),
  })
  const app = assemble([directoryRoute(() => own.directory), greeting, ...(options.routes ?? [])], {
    door,
    rateLimiter,
    limits: limitDefaults,
    logId: 'log1',
    reached: () => Promise.resolve(true),
    heldCursor: () => Promise.resolve({ position: origin }),
    callers,
    hosts: anyHost,
    clock,
    random: systemRandom,
    logger: silentLogger,
    observe: () => undefined,
    ...(options.holdsCommands === undefined ? {} : { holdsCommands: options.holdsCommands }),
  })
  finish(app, { logger: silentLogger })
  const signing = signAnswers({ believed: door.believed, signingKey, clock }, app as RequestListener)
  listener = inHand.watch(options.proxy?.(signing) ?? signing)
  return {
    domain,
    at,
    keys,
    clock,
    outbound,
    directories,
    trust,
    peers,
    streams,
    signingKey,
    own,
    shown,
    asked,
    /** What is on record of another. */
    facts: async (peer: Domain) =>
      (await events.readStream(peerStream(peer), { from: 0, limit: 100 })).map(({ type, data }) => ({ type, data })),
    close: async () => {
      await outbound.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
