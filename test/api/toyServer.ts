/** The assembler over two toy routes, listening on a free port: what every route gets for nothing is tested here once. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { anyHost } from '#src/api/http/address/hosts.js'
import { knowCallers } from '#src/api/http/address/callers.js'
import { nobodyTrusted } from '#src/api/http/address/trustedProxies.js'
import { assemble, finish } from '#src/api/http/assemble.js'
import { heldCursors } from '#src/api/http/request/heldCursor.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { clientDoor, route } from '#src/api/door.js'
import { openapi } from '#src/api/operations/openapi.js'
import { placed } from '#src/contract/fields.js'
import { reject } from '#src/streams/rejection.js'
import type { Rejected } from '#src/streams/rejection.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import { StoreUnavailable, StorageFull } from '#src/ports/eventStore.js'
import { origin, toPosition } from '#src/ports/position.js'
import type { ClientId, UserId } from '#src/mls/wire/ids.js'

export type Toy = { readonly url: string; readonly logged: string[]; readonly close: () => Promise<void> }

const client = {
  kind: 'client',
  user: 'mimi://localhost/u/AAAAAAAAAAAAAAAAAAAAAA' as UserId,
  client: 'mimi://localhost/d/AAAAAAAAAAAAAAAAAAAAAA' as ClientId,
} as const

const failing = (how: string): Promise<Rejected | { readonly status: 204 }> => {
  if (how === 'store') throw new StoreUnavailable('away')
  if (how === 'disk') throw new StorageFull('full')
  if (how === 'unlisted') return Promise.resolve(reject({ code: 'epoch-too-old', currentEpoch: '1' }))
  if (how === 'unlistedLikeOthers') return Promise.resolve(reject({ code: 'identity-mismatch', detail: 'no' }))
  if (how === 'bug') throw new Error('a secret detail')
  return Promise.resolve(how === 'refused' ? reject({ code: 'not-a-member' }) : { status: 204 })
}

const routes = [
  route({
    method: 'post',
    path: '/v1/echo/{name}',
    tag: 'Toys',
    summary: 'Answers what was sent',
    access: 'client',
    params: z.strictObject({ name: z.string().max(20) }),
    body: z.strictObject({ value: z.union([z.string(), z.number(), z.array(z.unknown())]) }),
    success: {
      status: 201,
      body: z.object({ name: z.string(), value: z.unknown(), command: z.string(), ...placed }),
    },
    problems: [],
    known: 'unrecorded',
    answer: ({ params, body, command }) =>
      Promise.resolve({
        status: 201,
        body: { ...params, ...body, command: `${command.id} ${command.bodyHash}` },
        place: { position: toPosition(7), at: command.at },
      }),
  }),
  route({
    method: 'post',
    path: '/v1/fail/{how}',
    tag: 'Toys',
    summary: 'Fails as asked',
    access: 'anonymous',
    params: z.strictObject({ how: z.string() }),
    rates: ({ address }) => [{ rate: 'registrationsPerAddress', key: `toy ${address}` }],
    success: { status: 204 },
    problems: ['not-a-member'],
    known: 'unrecorded',
    answer: ({ params: { how } }) => failing(how),
  }),
  route({
    method: 'post',
    path: '/v1/begin/{how}',
    tag: 'Toys',
    summary: 'Reads the first of a body, and fails as asked',
    access: 'anonymous',
    params: z.strictObject({ how: z.string() }),
    streamed: 'application/octet-stream',
    success: { status: 204 },
    problems: ['not-a-member'],
    known: 'unrecorded',
    answer: async ({ params: { how }, incoming }) => {
      await incoming?.bytes[Symbol.asyncIterator]().next()
      return failing(how)
    },
  }),
  route({
    method: 'get',
    path: '/v1/read',
    tag: 'Toys',
    summary: 'Reads',
    access: 'any',
    query: z.strictObject({ limit: z.coerce.number().int().max(100).default(10) }),
    success: { status: 200, body: z.object({ limit: z.number() }) },
    problems: [],
    answer: ({ query }) => Promise.resolve({ status: 200, body: query }),
  }),
]

/** `documented`: it serves its OpenAPI document, so that its answers are held against it. */
export const startToy = async ({ documented = false } = {}): Promise<Toy> => {
  const logged: string[] = []
  const logger = jsonLog('info', (line) => void logged.push(line), Date.now)
  const app = assemble(routes, {
    door: clientDoor((token) => Promise.resolve(token === 'good' ? client : { rejected: { code: 'token-expired' } })),
    rateLimiter: makeRateLimiter(
      { ...rateDefaults, registrationsPerAddress: { burst: 20, everyMs: 60_000 } },
      systemClock,
    ),
    limits: limitDefaults,
    logId: 'log1',
    reached: (position, waitMsMax) => {
      const inTime = waitMsMax === limitDefaults.readWaitMsMax
      return Promise.resolve(inTime && (position <= 10 || position === origin))
    },
    heldCursor: heldCursors({ logId: 'log1', head: () => Promise.resolve(toPosition(2_000)) }),
    callers: knowCallers(nobodyTrusted, logger),
    hosts: anyHost,
    clock: systemClock,
    random: systemRandom,
    logger,
    observe: () => undefined,
  })
  if (documented)
    app.get('/openapi.json', (_, response) => void response.json(openapi(routes, { url: '', version: '1' })))
  finish(app, { logger })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    logged,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => {
          resolve()
        })
      }),
  }
}
