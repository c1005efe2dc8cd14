/** The Authentication Service over stores in memory: its routes are called as the assembler calls them, without HTTP. */
import { createHash, createPrivateKey, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import type { z } from 'zod'
import { memoryKeys } from '#src/adapters/keys/memory.js'
import { openMemoryBlobs } from '#src/adapters/memory/blobs.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { openAuthority } from '#src/adapters/x509/authority.js'
import { makeAuthentication } from '#src/api/tokens/authentication.js'
import { authenticateOperators } from '#src/api/tokens/operatorAuthentication.js'
import { hashOfToken } from '#src/api/tokens/operatorToken.js'
import type { OperatorToken } from '#src/commands/operators/operators.js'
import { accountRoutes } from '#src/api/accounts/routes.js'
import { keyPackageRoutes } from '#src/api/keyPackages/keyPackages.js'
import { tokenRoutes } from '#src/api/tokens/tokens.js'
import { useOnceInMemory } from '#src/api/tokens/usedOnce.js'
import { validateKeyPackagesHere } from '#src/api/keyPackages/keyPackageValidation.js'
import { makeLeafPolicy } from '#src/api/keyPackages/leafPolicy.js'
import type { SignatureKey } from '#src/api/tokens/jws.js'
import { principalName } from '#src/api/principal.js'
import type { ClientPrincipal, Principal } from '#src/api/principal.js'
import { heldCursors } from '#src/api/http/request/heldCursor.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import type { Route } from '#src/api/door.js'
import { placeIn } from '#src/api/http/place.js'
import type { Ask as AskOf, Reply } from '#src/api/http/route.js'
import { reject } from '#src/streams/rejection.js'
import { commandId } from '#src/streams/commandId.js'
import { makeStreams } from '#src/streams/streams.js'
import { decryptUnderSubjectKey } from '#src/events/form/underSubjectKey.js'
import type { ClientId, QueueId, UserId } from '#src/mls/wire/ids.js'
import { parseAnyEvent } from '#src/events/anyEvent.js'
import type { SealingKeys } from '#src/mls/group/queueReference.js'
import type { Clock } from '#src/ports/clock.js'
import type { ServerKeys } from '#src/ports/keys.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import type { Limits } from '#src/limits/limits.js'
import { origin } from '#src/ports/position.js'
import { directoryProjection } from '#src/projections/directory/projection.js'
import { directoryOf } from '#src/projections/directory/queries.js'
import { makeRunner } from '#src/projections/runner.js'
import { domain, user, client } from '../commands/people.js'
import { makeTestKey } from './testClient.js'
import type { TestKey } from './testClient.js'
import { silentLogger } from '../support/silentLogger.js'

export const url = 'https://homeserver.example'
export const tokenUrl = `${url}/v1/token`

export type Asked = {
  readonly principal?: Principal
  readonly params?: object
  readonly query?: object
  readonly body?: object
  readonly mls?: Uint8Array
  readonly headers?: { readonly [name: string]: string }
  /** Idempotency-Key. */
  readonly key?: string
}

export type HouseOptions = {
  readonly registration?: 'open' | 'closed' | 'invitation'
  readonly limits?: Partial<Limits>
}

export type Person = { readonly principal: ClientPrincipal; readonly key: TestKey }

export const openIdentityHouse = async (options: HouseOptions = {}) => {
  let now = Date.UTC(2026, 10, 25, 12)
  const clock: Clock = { ...systemClock, now: () => now }
  const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) }
  const events = openMemoryEventStore()
  const streams = makeStreams({
    events,
    snapshots: openMemorySnapshots(),
    cacheBytesMax: 1_000_000,
    pause: () => Promise.resolve(),
  })
  const keys = await memoryKeys(domain, now)
  const [intermediate] = keys.server.intermediates
  const authority = await openAuthority({
    domain,
    rootCertificate: keys.server.rootCertificate,
    intermediateCertificate: intermediate!.certificate,
    intermediatePrivateKey: intermediate!.privateKey,
  })
  const tokenKeys = keys.server.tokenKeys.map(({ key }) => key)
  const projection = directoryProjection(async (of, encrypted) => {
    const subjectKey = await keys.subjects.get(of)
    return subjectKey === undefined
      ? undefined
      : decryptUnderSubjectKey(subjectKey, { user: of, field: 'handle' }, encrypted)
  })
  const model = await openMemoryReadModels().open(projection.schema, 'log')
  const runner = makeRunner({ projection, model, events, clock, logger: silentLogger })
  const stopped = new AbortController()
  const running = runner.run(stopped.signal)
  const settled = async (): Promise<void> => {
    expect(await runner.reached(await events.head(), 5_000)).to.equal(true)
  }
  const directory = directoryOf(model)
  const ownerOf = async (of: ClientId): Promise<UserId | undefined> => {
    await settled()
    return directory.ownerOf(of)
  }
  const queues = new Map<QueueId, SignatureKey>()
  let operatorTokens: readonly OperatorToken[] = []
  const blobs = openMemoryBlobs({ now: () => now })
  const limits = { ...limitDefaults, ...options.limits }
  const rateLimiter = makeRateLimiter(rateDefaults, clock)
  const authentication = makeAuthentication({
    streams,
    tokenKeys: () => ({ signing: tokenKeys[0], accepted: tokenKeys, retired: [] }),
    tokenUrl: () => tokenUrl,
    ownerOf,
    queueKey: (queue) => Promise.resolve(queues.get(queue)),
    useOnce: useOnceInMemory(clock),
    rateLimiter,
    limits,
    clock,
  })
  const authenticateOperator = authenticateOperators({
    operators: () => Promise.resolve({ tokens: operatorTokens }),
    rateLimiter,
    clock,
  })
  const deps = {
    authenticateOperator,
    streams,
    keys,
    authority,
    directory,
    domain,
    ownerOf,
    recoverableBy: async (hash: string) => {
      await settled()
      return directory.recoverableBy(hash)
    },
    random,
    blobs,
    limits,
    logId: 'log',
    publicUrl: () => url,
    heldCursor: heldCursors({ logId: 'log', head: () => events.head() }),
    authentication,
    validateKeyPackages: validateKeyPackagesHere(
      makeLeafPolicy({
        domain,
        trust: () => [authority.root],
        sealingKeys: sealingKeysOf(keys.server),
        queueIsLive: (queue) => Promise.resolve(queues.has(queue)),
        limits,
      }),
      limits,
    ),
    registration: () => Promise.resolve(options.registration ?? ('open' as const)),
    clock,
  }
  const routes: readonly Route[] = [...accountRoutes(deps), ...tokenRoutes(deps), ...keyPackageRoutes(deps)]

  const call = async (method: Route['method'], path: string, asked: Asked = {}): Promise<Reply> => {
    const route = routes.find((one) => one.method === method && one.path === path)
    if (route === undefined) throw new Error(`no route ${method} ${path}`)
    const principal = asked.principal ?? { kind: 'anonymous' }
    expect(principal.kind, `who may ${method} ${path}`).to.equal(route.access)
    const body = asked.mls === undefined ? parsed(route.body, asked.body ?? {}) : undefined
    const params = parsed(route.params, asked.params ?? {})
    const query = parsed(route.query, asked.query ?? {})
    for (const part of [body, params, query]) if (part instanceof Malformed) return part.reply
    const bodyHash = createHash('sha256')
      .update(JSON.stringify(asked.body ?? {}))
      .digest('base64url')
    const id = commandId(principalName(principal, 'address'), asked.key ?? randomBytes(8).toString('hex'))
    const header = (name: string): string | undefined => asked.headers?.[name]
    const ask = { principal, params, query, body, mls: asked.mls, address: 'address', header }
    const charge: AskOf<unknown, unknown, unknown, unknown>['charge'] = (_who, charges) => {
      const { retryAfter } = rateLimiter.charge(charges)
      return Promise.resolve(retryAfter === undefined ? undefined : reject({ code: 'rate-limited', retryAfter }))
    }
    const reply = await route.answer({ ...ask, charge, command: { id, bodyHash, at: now } })
    if ('rejected' in reply) {
      expect([...route.problems, ...anyRoute], `${path} answers ${reply.rejected.code}`).to.include(reply.rejected.code)
      return reply
    }
    checkAnswer(route, reply)
    // Whoever asked is not told whether it was the first time.
    const { repeated: _, ...told } = reply
    return told
  }

  let people = 0
  /** Registers a new user with a client of the given key. */
  const registerUser = async (handleName: string, more: object = {}, key?: TestKey): Promise<Person> => {
    people += 1
    const person = { user: user(people), client: client(people) }
    const made = key ?? (await makeTestKey())
    const csr = Buffer.from(await made.csr([person.user, person.client])).toString('base64url')
    const reply = await call('post', '/v1/users', { body: { ...person, handle: handleName, csr, ...more } })
    expect(reply).to.have.property('status', 201)
    await settled()
    return { principal: { kind: 'client', ...person }, key: made }
  }

  /** Another client of a user, approved by one it has. */
  const addClient = async (person: Person, key?: TestKey): Promise<Person> => {
    people += 1
    const principal = { ...person.principal, client: client(people) }
    const made = key ?? (await makeTestKey())
    const csr = await made.csr([principal.user, principal.client])
    const approval = await approve(person, csr, '/v1/clients')
    const { user, client: added } = principal
    const body = { user, client: added, csr: Buffer.from(csr).toString('base64url'), approval }
    expect(await call('post', '/v1/clients', { body })).to.have.property('status', 201)
    await settled()
    return { principal, key: made }
  }

  /** A client's JWS over a certificate request. */
  const approve = (by: Person, csr: Uint8Array, path: string, more: object = {}): Promise<string> =>
    by.key.sign(
      {
        aud: url + path,
        iat: Math.floor(now / 1000),
        jti: randomBytes(8).toString('hex'),
        csr: createHash('sha256').update(csr).digest('base64url'),
        ...more,
      },
      { kid: by.principal.client },
    )

  /** Everything in the log, parsed. */
  const facts = async () => (await events.readAll({ after: origin })).map((event) => parseAnyEvent(event))

  return {
    ...deps,
    events,
    queues,
    call,
    facts,
    settled,
    registerUser,
    addClient,
    approve,
    model,
    projection,
    now: () => now,
    pass: (ms: number) => {
      now += ms
    },
    setOperatorToken: (token: string) => {
      operatorTokens = [{ tokenHash: hashOfToken(token), name: 'operator', role: 'admin', issued: now }]
    },
    close: async () => {
      stopped.abort()
      await running
    },
  }
}

const sealingKeysOf = ({ sealingKeys }: ServerKeys): SealingKeys =>
  new Map(
    sealingKeys.map(({ id, privateKey }) => [
      id,
      createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }),
    ]),
  )

export type IdentityHouse = Awaited<ReturnType<typeof openIdentityHouse>>

class Malformed {
  readonly reply: Reply
  constructor(detail: string) {
    this.reply = { rejected: { code: 'malformed', detail } }
  }
}

const parsed = (schema: z.ZodType | undefined, value: object): unknown => {
  if (schema === undefined) return undefined
  const read = schema.safeParse(value)
  return read.success ? read.data : new Malformed(read.error.issues[0]?.message ?? '')
}

/** What any route may answer without naming it. */
const anyRoute = ['malformed', 'too-large', 'rate-limited', 'idempotency-mismatch', 'not-authenticated', 'not-allowed']

const checkAnswer = (route: Route, reply: Exclude<Reply, { readonly rejected: unknown }>): void => {
  expect(reply.status).to.equal(route.success.status)
  if (route.success.body === undefined) return
  const place = reply.place === undefined ? {} : placeIn('log', reply.place)
  const answer = route.success.body.safeParse({ ...reply.body, ...place })
  expect(answer.error?.issues ?? [], `${route.path} answers as documented`).to.deep.equal([])
}

/** The body of a reply that must be a success; the test knows what is in it. */
export const bodyOf = (reply: Reply): object => {
  if ('rejected' in reply) throw new Error(`rejected: ${JSON.stringify(reply.rejected)}`)
  return reply.body ?? {}
}

export const rejectionOf = (reply: object): unknown => ('rejected' in reply ? reply.rejected : undefined)
