/** The Queuing Service over HTTP: make and delete a queue, fetch and acknowledge what is in it. */
import { z } from 'zod'
import { reject } from '../../streams/rejection.js'
import type { Acknowledgements } from '../../delivery/acknowledgements.js'
import type { Streams } from '../../streams/streams.js'
import { createQueue, deleteQueue, queueAggregate } from '../../commands/queue/queue.js'
import type { QueueKey } from '../../commands/queue/queue.js'
import { nameQueue } from '../../commands/queue/queueNaming.js'
import { queueStream } from '../../events/queue.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import { isOnEdwardsCurve } from '../../mls/crypto/edwardsPoint.js'
import { importPublicKey } from '../../mls/crypto/nodeCrypto.js'
import { schemeOf } from '../../mls/crypto/servedSuites.js'
import type { Blobs } from '../../ports/blobs.js'
import type { Clock } from '../../ports/clock.js'
import type { SealingKey } from '../../ports/keys.js'
import type { Limits } from '../../limits/limits.js'
import { writeCursor } from '../../items/cursor.js'
import type { Frame } from '../../items/frame.js'
import { waitingIn } from '../../items/waiting.js'
import {
  bytesIn,
  bytesOut,
  cursor,
  described,
  digestField,
  placed,
  queueUri,
  signatureAlgorithm,
  timeOut,
} from '../../contract/fields.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { refuseForeignIds } from '../http/request/foreignIds.js'
import { acknowledgedIn, queueFor, startOf } from './queueAccess.js'
import type { QueueAccess } from './queueAccess.js'
import { costOfAcknowledgement } from './acknowledgementCost.js'
import { queueItem } from '../../items/queueItem.js'
import { recordedIn } from '../http/place.js'
import { countUpTo } from '../http/withinLimits.js'
import { route } from '../door.js'
import type { Route } from '../door.js'

export type QueueRoutesDependencies = QueueAccess & {
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
  readonly sealingKey: () => Pick<SealingKey, 'id' | 'publicKey'>
}

const tag = 'Queuing Service'
const count = (what: string, example: number) => described(z.number().int(), what, example)
const sealingKeyAnswer = z.object({
  domain: described(z.string(), 'The name in every id of this server', 'localhost'),
  keyId: bytesOut.describe('Stands in references beside what is sealed'),
  publicKey: bytesOut.describe('X25519'),
})
const itemsAnswer = z.object({
  items: z.array(queueItem).describe('In the order of the log'),
  next: cursor.describe('The `after` to go on from'),
  more: z.boolean().describe('Whether there is more already'),
  acknowledged: cursor.describe('What was acknowledged so far'),
})
const countAnswer = z
  .object({
    items: count('Items of every kind that wait', 5),
    unread: count('Application messages among them, but those that were sent with urgency `silent`', 3),
    invitations: count('Welcomes and connection requests among them', 1),
    more: z.boolean().describe('Whether more wait than were counted'),
    oldest: timeOut.optional().describe('When the oldest unread message was accepted, ms since 1970'),
  })
  .meta({ title: 'QueueCount', description: 'What waits in a queue' })
const welcomeAnswer = z.object({ welcome: bytesOut.describe('An MLSMessage') })
const params = z.strictObject({ queue: queueUri })

export const queueRoutes = (deps: QueueRoutesDependencies): readonly Route[] =>
  refuseForeignIds(
    [
      createRoute(deps),
      sealingKeyRoute(deps),
      countRoute(deps),
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
    body: z.strictObject({
      algorithm: signatureAlgorithm,
      publicKey: bytesIn.describe('As MLS has it: raw Ed25519, or an uncompressed point'),
    }),
    example: { body: { algorithm: 'Ed25519', publicKey: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } },
    success: { status: 201, body: z.object({ queue: queueUri, ...placed }) },
    problems: ['idempotency-mismatch'],
    known: ({ command }) => {
      const named = nameQueue(namingSecret, domain, command.id)
      return streams.knows(queueAggregate, queueStream(named.queue), { id: named.command })
    },
    rates: ({ principal }) => [{ rate: 'queuesPerClient', key: principal.client }],
    answer: async ({ body: { algorithm, publicKey }, command }) => {
      if (!isPublicKey(algorithm, publicKey)) {
        return reject({ code: 'malformed', detail: `body.publicKey: not a raw ${algorithm} public key` })
      }
      const named = nameQueue(namingSecret, domain, command.id)
      const key = { algorithm, publicKey: toBase64url(publicKey) }
      const context = { ...command, id: named.command }
      const outcome = await streams.execute(
        queueAggregate,
        queueStream(named.queue),
        context,
        createQueue({ queue: named.queue, key }),
      )
      if ('rejected' in outcome) return outcome
      return { status: 201, body: { queue: named.queue }, ...recordedIn(outcome) }
    },
  })

/** Nothing is signed with it yet, so a key that could sign nothing is told here. */
const isPublicKey = (algorithm: QueueKey['algorithm'], bytes: Uint8Array): boolean => {
  const scheme = schemeOf(algorithm)
  if (importPublicKey(scheme, bytes) === undefined) return false
  return scheme.kty === 'EC' || isOnEdwardsCurve(scheme.curve, bytes)
}

const sealingKeyRoute = ({ domain, sealingKey }: QueueRoutesDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/queueKey',
    tag,
    summary: 'The key that queue references are sealed to',
    description: 'X25519, for HPKE base mode with HKDF-SHA256 and AES-128-GCM.',
    access: 'anonymous',
    success: { status: 200, body: sealingKeyAnswer },
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
      'In order, above `after` (default: what was acknowledged). `next` is the cursor to go on from; `more` says that there is more already; `acknowledged` is what was acknowledged so far: a client whose own cursor is behind it is an older copy. A page never ends between items of one position.',
    access: 'any',
    params,
    query: z.strictObject({
      after: cursor.optional().describe('Items behind this; by itself: behind what was acknowledged'),
      limit: countUpTo(deps.limits, 'fetchPageMax').optional(),
    }),
    success: {
      status: 200,
      body: itemsAnswer,
    },
    problems: ['no-such-queue', 'cursor-expired', 'read-model-behind'],
    answer: async ({ principal, params: { queue }, query }) => {
      const row = await queueFor(deps, principal, queue)
      if ('rejected' in row) return row
      const { acknowledgements, logId, limits, clock, view } = deps
      if (row.kind === 'fanOut') acknowledgements.fetched(queue, row)
      const after = await startOf(deps, row, query.after)
      if ('rejected' in after) return after
      const page = await view.page(row, {
        after: after.position,
        limit: query.limit ?? limits.fetchPageMax,
        bytesMax: pageBytesMax,
        capped: true,
        now: clock.now(),
      })
      const acknowledged = writeCursor(logId, acknowledgedIn(deps, row))
      const rest = { next: writeCursor(logId, page.next), more: page.more, acknowledged }
      return { status: 200, json: pageJson(page.frames, rest) }
    },
  })

/** Asking is not fetching: a queue that is only counted expires like one that nobody reads. */
const countRoute = (deps: QueueRoutesDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/queues/{queue}',
    tag,
    summary: 'Count what waits in a queue',
    description:
      'Behind what was acknowledged, for a badge that needs no fetch. One’s own messages count like others’: the server does not know who wrote what. At most `queueCountedMax` items, or 4 MiB of them: `more` says that there are others. Nothing is acknowledged, and it is no fetch: a queue that is only counted expires.',
    access: 'any',
    params,
    success: { status: 200, body: countAnswer },
    problems: ['no-such-queue', 'read-model-behind'],
    answer: async ({ principal, params: { queue } }) => {
      const row = await queueFor(deps, principal, queue)
      if ('rejected' in row) return row
      const { frames, more } = await deps.view.page(row, {
        after: acknowledgedIn(deps, row),
        limit: deps.limits.queueCountedMax,
        bytesMax: pageBytesMax,
        capped: true,
        now: deps.clock.now(),
      })
      const { oldest, ...waiting } = waitingIn(frames)
      const since = oldest === undefined ? {} : { oldest }
      return { status: 200, body: { items: frames.length, ...waiting, more, ...since } }
    },
  })

/** Items are JSON already: to read four MiB of them, and to write them again, would hold up everybody else. */
const pageJson = (frames: readonly Frame[], rest: object): Buffer => {
  const items = frames.flatMap(({ bytes }, at) => (at === 0 ? [bytes] : [comma, bytes]))
  return Buffer.concat([Buffer.from('{"items":['), ...items, Buffer.from(`],${JSON.stringify(rest).slice(1)}`)])
}
const comma = Buffer.from(',')

const acknowledgeRoute = (deps: QueueRoutesDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/queues/{queue}/acknowledgements',
    tag,
    summary: 'Acknowledge everything up to a cursor',
    description: 'Cumulative: less than before changes nothing.',
    access: 'any',
    params,
    body: z.strictObject({ upTo: cursor.describe('The position of the last item that is safe with the client') }),
    success: { status: 202, body: z.object({}).meta({ title: 'Heard', description: 'Nothing: it is in force' }) },
    problems: ['no-such-queue', 'cursor-expired', 'read-model-behind'],
    inMaintenance: true,
    known: 'unrecorded',
    rates: ({ principal, params: { queue } }) => [costOfAcknowledgement(principal, queue)],
    costsOnlyRates: true,
    answer: async ({ principal, params: { queue }, body }) => {
      const row = await queueFor(deps, principal, queue)
      if ('rejected' in row) return row
      const upTo = await deps.heldCursor(body.upTo)
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
    description: 'Until the item that names it is acknowledged. As message/mls the Welcome as it is.',
    access: 'any',
    params: z.strictObject({ queue: queueUri, digest: digestField.describe('As the item names it') }),
    success: { status: 200, body: welcomeAnswer, mls: true },
    problems: ['no-such-queue', 'read-model-behind'],
    answer: async ({ principal, params: { queue, digest } }) => {
      const row = await queueFor(deps, principal, queue)
      if ('rejected' in row) return row
      // A live item comes by the log, ahead of the read model: what is not there yet may be on its way.
      const known = (await deps.view.hasWelcome(queue, digest)) || (await deps.level())
      if (!known) return reject({ code: 'read-model-behind' })
      const bytes = (await deps.view.hasWelcome(queue, digest)) ? await deps.blobs.get(digest) : undefined
      return bytes === undefined
        ? reject({ code: 'no-such-queue' })
        : { status: 200, body: { welcome: toBase64url(bytes) }, mls: bytes }
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
    success: positionOnly,
    problems: ['no-such-queue'],
    known: ({ params, command }) => streams.knows(queueAggregate, queueStream(params.queue), command),
    answer: async ({ principal, params: { queue }, command }) => {
      if (principal.queue !== queue) return reject({ code: 'no-such-queue' })
      const outcome = await streams.execute(queueAggregate, queueStream(queue), command, deleteQueue('requested'))
      return positionReply(outcome)
    },
  })
