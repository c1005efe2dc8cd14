/** The Queuing Service over HTTP: make and delete a queue, fetch and acknowledge what is in it. */
import { z } from 'zod'
import type { Acknowledgements } from '../../delivery/acknowledgements.js'
import type { Streams } from '../../streams/streams.js'
import { createQueue, deleteQueue, queueAggregate } from '../../commands/queue/queue.js'
import type { QueueKey } from '../../commands/queue/queue.js'
import { nameQueue } from '../../commands/queue/queueNaming.js'
import { queueStream } from '../../events/queue.js'
import { suitesOf } from '../../events/user.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { cipherSuite } from '../../mls/crypto/cipherSuite.js'
import type { Domain } from '../../mls/wire/ids.js'
import { importPublicKey } from '../../mls/crypto/signature.js'
import type { Blobs } from '../../ports/blobs.js'
import type { Clock } from '../../ports/clock.js'
import type { SealingKey } from '../../ports/keys.js'
import type { Limits } from '../../limits/limits.js'
import { toPosition } from '../../ports/position.js'
import { readCursor, writeCursor } from '../../items/cursor.js'
import { bytesIn, bytesOut, positionOut, queueUri } from '../http/fields.js'
import { ownIdsOnly } from '../http/ownIds.js'
import { openQueue } from './queueDoor.js'
import type { QueueDoor } from './queueDoor.js'
import { queueItem } from '../../items/queueItem.js'
import { refuse, route } from '../http/route.js'
import type { Route } from '../http/route.js'

export type QueueRoutesDependencies = QueueDoor & {
  readonly streams: Streams
  readonly acknowledgements: Acknowledgements
  readonly blobs: Blobs
  readonly clock: Clock
  readonly limits: Limits
  readonly logId: string
  readonly domain: Domain
  /** Names new queues: any secret of the server that stays. */
  readonly namingSecret: Uint8Array
  /** The key that seals queue references now. */
  readonly sealingKey: () => SealingKey
}

const tag = 'Queuing Service'
const params = z.strictObject({ queue: queueUri })
const cursor = z.string().max(80)

export const queueRoutes = (deps: QueueRoutesDependencies): readonly Route[] =>
  ownIdsOnly(
    [
      createRoute(deps),
      sealingKeyRoute(deps),
      fetchRoute(deps),
      acknowledgeRoute(deps),
      welcomeRoute(deps),
      deleteRoute(deps),
    ],
    deps.domain,
    ['queue'],
  )

const createRoute = ({ streams, domain, namingSecret }: QueueRoutesDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/queues',
    tag,
    summary: 'Make a fan-out queue',
    description:
      'The queue has a key of its own, and nothing in the server joins it to the client that made it. Its tokens come from assertions by that key (iss = sub = the queue).',
    access: 'client',
    body: z.strictObject({ algorithm: z.enum(['Ed25519', 'P-256', 'P-384']), publicKey: bytesIn }),
    success: { status: 201, body: z.object({ queue: z.string(), position: positionOut }) },
    problems: ['idempotency-mismatch'],
    rates: ({ principal }) => [{ rate: 'queuesPerClient', key: principal.client }],
    answer: async ({ body: { algorithm, publicKey }, command }) => {
      if (!isPublicKey(algorithm, publicKey)) {
        return refuse({ code: 'malformed', detail: `body.publicKey: not a raw ${algorithm} public key` })
      }
      const named = nameQueue(namingSecret, domain, command.id)
      const key = { algorithm, publicKey: toBase64url(publicKey) }
      const context = { ...command, id: named.command }
      const outcome = await streams.execute(
        queueAggregate,
        queueStream(named.queue),
        context,
        createQueue(named.queue, key),
      )
      if ('rejected' in outcome) return outcome
      return { status: 201, body: { queue: named.queue }, position: outcome.position }
    },
  })

const isPublicKey = (algorithm: QueueKey['algorithm'], bytes: Uint8Array): boolean =>
  importPublicKey(cipherSuite(suitesOf[algorithm][0]).signature, bytes) !== undefined

const sealingKeyRoute = ({ domain, sealingKey }: QueueRoutesDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/queueKey',
    tag,
    summary: 'The key that queue references are sealed to',
    description: 'X25519, for HPKE base mode with HKDF-SHA256 and AES-128-GCM.',
    access: 'anonymous',
    success: { status: 200, body: z.object({ domain: z.string(), keyId: z.string(), publicKey: bytesOut }) },
    problems: [],
    answer: () => {
      const { id, publicKey } = sealingKey()
      return Promise.resolve({ status: 200, body: { domain, keyId: id, publicKey: toBase64url(publicKey) } })
    },
  })

/** A page of the HTTP route holds about so many bytes. */
const pageBytesMax = 4 * 1024 * 1024

const fetchRoute = (deps: QueueRoutesDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/queues/{queue}/items',
    tag,
    summary: 'Fetch what waits in a queue',
    description:
      'In order, above `after` (default: what was acknowledged). `next` is the cursor to go on from; `more` says that there is more already. A page never ends between items of one position.',
    access: 'any',
    params,
    query: z.strictObject({
      after: cursor.optional(),
      limit: z.coerce.number().int().min(1).max(deps.limits.fetchPageMax).optional(),
    }),
    success: { status: 200, body: z.object({ items: z.array(queueItem), next: positionOut, more: z.boolean() }) },
    problems: ['no-such-queue', 'cursor-expired', 'read-model-behind'],
    answer: async ({ principal, params: { queue }, query }) => {
      const row = await openQueue(deps, principal, queue)
      if ('rejected' in row) return row
      const { acknowledgements, logId, limits, clock, view } = deps
      if (row.kind === 'fanOut') acknowledgements.fetched(queue, row)
      const after =
        query.after === undefined
          ? { position: toPosition(Math.max(row.acknowledged, acknowledgements.acknowledged(queue))) }
          : readCursor(logId, query.after)
      if ('rejected' in after) return after
      const page = await view.page(row, {
        after: after.position,
        limit: query.limit ?? limits.fetchPageMax,
        bytesMax: pageBytesMax,
        capped: true,
        now: clock.now(),
      })
      const items = page.frames.map(({ bytes }) => JSON.parse(bytes.toString()) as unknown)
      return { status: 200, body: { items, next: writeCursor(logId, page.next), more: page.more } }
    },
  })

const acknowledgeRoute = (deps: QueueRoutesDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/queues/{queue}/acknowledgements',
    tag,
    summary: 'Acknowledge everything up to a cursor',
    description: 'Cumulative: less than before changes nothing.',
    access: 'any',
    params,
    body: z.strictObject({ upTo: cursor }),
    success: { status: 202, body: z.object({}) },
    problems: ['no-such-queue', 'cursor-expired', 'read-model-behind'],
    answer: async ({ principal, params: { queue }, body }) => {
      const row = await openQueue(deps, principal, queue)
      if ('rejected' in row) return row
      const upTo = readCursor(deps.logId, body.upTo)
      if ('rejected' in upTo) return upTo
      deps.acknowledgements.acknowledge(queue, upTo.position)
      return { status: 202, body: {} }
    },
  })

const welcomeRoute = (deps: QueueRoutesDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/queues/{queue}/welcomes/{digest}',
    tag,
    summary: 'The bytes of a Welcome that waits in the queue',
    description: 'Until the item that names it is acknowledged.',
    access: 'any',
    params: z.strictObject({ queue: queueUri, digest: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
    success: { status: 200, mls: true },
    problems: ['no-such-queue', 'read-model-behind'],
    answer: async ({ principal, params: { queue, digest } }) => {
      const row = await openQueue(deps, principal, queue)
      if ('rejected' in row) return row
      // A live item comes by the log, ahead of the read model: what is not there yet may be on its way.
      const known = (await deps.view.hasWelcome(queue, digest)) || (await deps.level())
      if (!known) return refuse({ code: 'read-model-behind' })
      const bytes = (await deps.view.hasWelcome(queue, digest)) ? await deps.blobs.get(digest) : undefined
      return bytes === undefined ? refuse({ code: 'no-such-queue' }) : { status: 200, mls: bytes }
    },
  })

const deleteRoute = ({ streams }: QueueRoutesDependencies): Route =>
  route({
    method: 'delete',
    path: '/v1/queues/{queue}',
    tag,
    summary: 'Delete the queue',
    description: 'Groups require the removal of the leaves that name it. A direct queue goes with its client instead.',
    access: 'queue',
    params,
    success: { status: 200, body: z.object({ position: positionOut }) },
    problems: ['no-such-queue'],
    answer: async ({ principal, params: { queue }, command }) => {
      if (principal.queue !== queue) return refuse({ code: 'no-such-queue' })
      const outcome = await streams.execute(queueAggregate, queueStream(queue), command, deleteQueue('requested'))
      return 'rejected' in outcome ? outcome : { status: 200, position: outcome.position }
    },
  })
