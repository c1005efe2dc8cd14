/** A homeserver of groups alone, in memory, over HTTP: tokens are the clients' own URIs. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryBlobs } from '#src/adapters/memory/blobs.js'
import { openMemoryCheckpoints } from '#src/adapters/memory/checkpoints.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { anyHost } from '#src/api/http/address/hosts.js'
import { knowCallers } from '#src/api/http/address/callers.js'
import { nobodyTrusted } from '#src/api/http/address/trustedProxies.js'
import { assemble, finish } from '#src/api/http/assemble.js'
import { clientDoor } from '#src/api/door.js'
import { allGroupRoutes } from '#src/api/groups/routes.js'
import { makeLeafPolicy } from '#src/api/keyPackages/leafPolicy.js'
import { makeKnowsSend, makeSendMessage } from '#src/api/groups/messages.js'
import { makeTakeSignal } from '#src/api/groups/signals.js'
import type { PassedSignal } from '#src/delivery/signals/passOn.js'
import { openapi } from '#src/api/operations/openapi.js'
import { heldCursors } from '#src/api/http/request/heldCursor.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { makeStreams } from '#src/streams/streams.js'
import type { Streams } from '#src/streams/streams.js'
import { parseAnyEvent } from '#src/events/anyEvent.js'
import type { AnyEvent } from '#src/events/anyEvent.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import { openQueueReference } from '#src/mls/group/queueReference.js'
import { decodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import type { Blobs } from '#src/ports/blobs.js'
import type { Checkpoints } from '#src/ports/checkpoints.js'
import type { EventStore } from '#src/ports/eventStore.js'
import type { Leases } from '#src/ports/leases.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import type { Limits, RateName, Rates } from '#src/limits/limits.js'
import { origin } from '#src/ports/position.js'
import { groupsProjection } from '#src/projections/groups/projection.js'
import { groupQueries } from '#src/projections/groups/queries.js'
import type { GroupQueries } from '#src/projections/groups/queries.js'
import type { OpenReference } from '#src/items/references.js'
import { makeRunner } from '#src/projections/runner.js'
import type { Runner } from '#src/projections/runner.js'
import { domain, makeWorld } from '../commands/mlsFixture.js'
import { testFranks } from '../support/testFranks.js'
import type { TestClient, World } from '../commands/mlsFixture.js'

export type House = {
  readonly url: string
  readonly world: World
  readonly events: EventStore
  readonly streams: Streams
  readonly blobs: Blobs
  readonly leases: Leases
  readonly checkpoints: Checkpoints
  readonly groups: GroupQueries
  readonly runner: Runner
  readonly open: OpenReference
  readonly level: () => Promise<boolean>
  readonly queueIsLive: (queue: QueueId) => Promise<boolean>
  /** Answers of a request as a client. */
  /** Signals that went to delivery. */
  readonly passed: PassedSignal[]
  readonly ask: (by: TestClient, method: string, path: string, options?: AskOptions) => Promise<Answer>
  /** Every event in the log, parsed. */
  readonly log: () => Promise<readonly AnyEvent[]>
  readonly close: () => Promise<void>
}
export type AskOptions = {
  readonly json?: object
  readonly mls?: Uint8Array
  readonly key?: string
  readonly headers?: Record<string, string>
}
export type Answer = {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
  readonly bytes: Uint8Array
}

const ratesOff: Rates = Object.fromEntries(Object.keys(rateDefaults).map((name) => [name, 'off'])) as {
  readonly [Name in RateName]: 'off'
}

export const startHouse = async (
  options: {
    readonly limits?: Partial<Limits>
    readonly rates?: Rates
    readonly world?: World
    readonly events?: EventStore
  } = {},
): Promise<House> => {
  const world = options.world ?? (await makeWorld())
  const limits = { ...limitDefaults, ...options.limits }
  const clock = systemClock
  const logger = jsonLog('error', () => undefined, Date.now)
  const events = options.events ?? openMemoryEventStore()
  const blobs = openMemoryBlobs({ now: () => clock.now() })
  const streams = makeStreams({
    events,
    snapshots: openMemorySnapshots(),
    cacheBytesMax: 64 * 1024 * 1024,
    pause: () => Promise.resolve(),
  })
  const open: OpenReference = ({ reference, signatureKey }) => {
    const decoded = decodeQueueReference(fromBase64url(reference) ?? new Uint8Array())
    if (!decoded.ok) return undefined
    return openQueueReference(decoded.value, fromBase64url(signatureKey) ?? new Uint8Array(), world.sealingKeys)
  }
  const projection = groupsProjection(open)
  const model = await openMemoryReadModels().open(projection.schema, 'log1')
  const runner = makeRunner({ projection, model, events, clock, logger })
  const stop = new AbortController()
  const running = runner.run(stop.signal)
  const groups = groupQueries(model)
  const level = async (): Promise<boolean> => runner.reached(await events.head(), 5_000)
  const queueIsLive = (queue: QueueId): Promise<boolean> => Promise.resolve(!world.goneQueues.has(queue))
  const leafPolicy = makeLeafPolicy({
    domain,
    trust: () => [world.root],
    sealingKeys: world.sealingKeys,
    queueIsLive,
    limits,
  })
  const passed: PassedSignal[] = []
  const routes = allGroupRoutes({
    streams,
    events,
    blobs,
    groups,
    groupsLevel: level,
    leafPolicy,
    sendMessage: makeSendMessage({ streams, domain, limits, franks: testFranks }),
    knowsSend: makeKnowsSend({ streams, limits }),
    takeSignal: makeTakeSignal({ streams, domain, limits, passOn: (signal) => passed.push(signal) }),
    domain,
    limits,
  })
  const app = assemble(routes, {
    door: clientDoor((token) => {
      const [user, client] = Buffer.from(token, 'base64url').toString().split(' ')
      return Promise.resolve({ kind: 'client', user, client } as never)
    }),
    rateLimiter: makeRateLimiter(options.rates ?? ratesOff, clock),
    limits,
    logId: 'log1',
    reached: (position) => runner.reached(position, 5_000),
    heldCursor: heldCursors({ logId: 'log1', head: () => events.head() }),
    callers: knowCallers(nobodyTrusted, logger),
    hosts: anyHost,
    clock,
    random: systemRandom,
    logger,
    observe: () => undefined,
  })
  app.get('/openapi.json', (_request, response) => {
    response.json(openapi(routes, { url: '', version: 'test' }))
  })
  finish(app, { logger })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const ask: House['ask'] = async (by, method, path, { json, mls, key, headers } = {}) => {
    const token = Buffer.from(`${by.user} ${by.client}`).toString('base64url')
    const media = json !== undefined ? 'application/json' : mls !== undefined ? 'message/mls' : undefined
    const body = json !== undefined ? JSON.stringify(json) : mls !== undefined ? Buffer.from(mls) : undefined
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(media === undefined ? {} : { 'content-type': media }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const isJson = (answer.headers.get('content-type') ?? '').includes('json')
    const parsed = isJson ? (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>) : {}
    return { status: answer.status, body: parsed, headers: answer.headers, bytes }
  }

  return {
    url,
    world,
    events,
    streams,
    blobs,
    leases: openMemoryLeases({ now: () => clock.now() }),
    checkpoints: openMemoryCheckpoints(),
    groups,
    runner,
    open,
    level,
    queueIsLive,
    passed,
    ask,
    log: async () => (await events.readAll({ after: origin, limit: 500 })).map(parseAnyEvent),
    close: async () => {
      stop.abort()
      await running
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (options.events === undefined) await events.close()
    },
  }
}
