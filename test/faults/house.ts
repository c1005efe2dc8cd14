/** A real server process with registered people, and everything an attacker has: raw requests, and a look at the log. */
import { randomBytes, webcrypto } from 'node:crypto'
import { openEmbeddedLogForReading } from '#src/adapters/embedded/log/readOnlyEventStore.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { parseClientId, parseQueueId, parseUserId } from '#src/mls/wire/ids.js'
import type { ClientId, Domain, QueueId, UserId } from '#src/mls/wire/ids.js'
import { sealQueueReference } from '#src/mls/group/queueReference.js'
import { encodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { ratesOff } from '../support/patientLimits.js'
import type { Limits, Rates } from '#src/limits/limits.js'
import { origin } from '#src/ports/position.js'
import type { Position } from '#src/ports/position.js'
import type { Answer, AskOptions } from '../api/groupHouse.js'
import type { Door } from '../api/groupPeople.js'
import { makeTestKey } from '../api/testClient.js'
import type { TestKey } from '../api/testClient.js'
import { domain } from '../commands/mlsFixture.js'
import type { Sealer, TestClient } from '../commands/mlsFixture.js'
import { startServer } from '../support/startServer.js'
import type { RunningServer, ServerSettings } from '../support/startServer.js'

/** A registered client: what the MLS fixtures need of it, and its tokens. */
export type Resident = TestClient & {
  readonly key: TestKey
  readonly queueKey: TestKey
  readonly handle: string
  readonly directQueue: QueueId
  readonly token: string
  readonly queueToken: string
}

export type Bearer = { readonly token: string } | undefined
/** What the people of a house need of their server, which may run in this process too. */
export type ServedHere = Pick<RunningServer, 'url' | 'dataDir' | 'stop'>
export type RealHouse<Server extends ServedHere = RunningServer> = {
  readonly server: Server
  /** What the fixtures of groups need of a server; its clients are residents. */
  readonly door: Door
  readonly ask: (by: Bearer, method: string, path: string, options?: RawOptions) => Promise<Answer>
  readonly register: (handle?: string) => Promise<Resident>
  /** Another client of the same user, approved by this one. */
  readonly link: (by: Resident) => Promise<Resident>
  /** What the server says to that. */
  readonly askToLink: (by: Resident) => Promise<Answer>
  /** A fresh bearer token for a client or a queue. */
  readonly tokenOf: (id: string, key: TestKey) => Promise<string>
  readonly assertionOf: (id: string, key: TestKey, more?: object) => Promise<string>
  /** The head of the log, and what stands above a position; acknowledgements, which are written later, left out. */
  readonly head: () => Promise<Position>
  readonly events: (after?: Position) => Promise<readonly StoredEvent[]>
  /** The same with acknowledgements. */
  readonly log: (after?: Position) => Promise<readonly StoredEvent[]>
  readonly close: () => Promise<number | null>
}
/** `text`: a body sent as it is. */
export type RawOptions = AskOptions & { readonly text?: string; readonly media?: string }

/** Every rate off; the rest as the LIMITS setting says it. */
export const limitsWith = (changes: { readonly [Name in keyof Limits | keyof Rates]?: unknown } = {}): string =>
  JSON.stringify({ ...ratesOff, ...changes })

/** The operator of every house whose settings name no other. */
export const operator = { token: 'hs_op_OperatorOfEveryHouse0123456789' } as const

export const openHouse = async (settings: ServerSettings = {}): Promise<RealHouse> =>
  houseAt(await startServer({ DOMAIN: domain, OPERATOR_TOKEN: operator.token, ...settings }))

/** The people of a server that runs already; `now` is its time, `of` its domain. */
export const houseAt = async <Server extends ServedHere>(
  server: Server,
  now: () => number = Date.now,
  of: Domain = domain,
): Promise<RealHouse<Server>> => {
  const ask: RealHouse['ask'] = async (by, method, path, options = {}) => {
    const { json, mls, text, key, headers } = options
    const body =
      mls === undefined ? (text ?? (json === undefined ? undefined : JSON.stringify(json))) : Buffer.from(mls)
    const media = options.media ?? (mls === undefined ? 'application/json' : 'message/mls')
    const answer = await fetch(server.url + path, {
      method,
      headers: {
        ...(by === undefined ? {} : { authorization: `Bearer ${by.token}` }),
        ...(body === undefined ? {} : { 'content-type': media }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const isJson = bytes.length > 0 && (answer.headers.get('content-type') ?? '').includes('json')
    const parsed = isJson ? (JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>) : {}
    return { status: answer.status, body: parsed, headers: answer.headers, bytes }
  }

  const must = async (answer: Promise<Answer>, status: number): Promise<Record<string, unknown>> => {
    const { status: given, body } = await answer
    if (given !== status) throw new Error(`${given} instead of ${status}: ${JSON.stringify(body)}`)
    return body
  }

  const assertionOf: RealHouse['assertionOf'] = (id, key, more = {}) => {
    const exp = Math.floor(now() / 1000) + 50
    return key.sign({
      iss: id,
      sub: id,
      aud: `${server.url}/v1/token`,
      exp,
      jti: randomBytes(12).toString('hex'),
      ...more,
    })
  }
  const tokenOf: RealHouse['tokenOf'] = async (id, key) => {
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const json = { grant_type, assertion: await assertionOf(id, key) }
    return String((await must(ask(undefined, 'POST', '/v1/token', { json }), 200))['access_token'])
  }

  const settle = async (key: TestKey, handle: string, answer: Record<string, unknown>): Promise<Resident> => {
    const { user, client } = answer as { user: UserId; client: ClientId }
    const token = await tokenOf(client, key)
    const queueKey = await makeTestKey()
    const made = { algorithm: 'Ed25519', publicKey: Buffer.from(queueKey.publicKey).toString('base64url') }
    const queue = parseQueueId(
      String((await must(ask({ token }, 'POST', '/v1/queues', { json: made }), 201))['queue']),
    )!
    const signKey = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', key.privateKey))
    return {
      user: parseUserId(user)!,
      client: parseClientId(client)!,
      key,
      queueKey,
      handle,
      token,
      queue,
      queueToken: await tokenOf(queue, queueKey),
      directQueue: parseQueueId(String(answer['directQueue']))!,
      signatureKeys: { signKey, publicKey: key.publicKey },
      certificates: (answer['certificates'] as string[]).map((text) => fromBase64url(text)!),
    }
  }

  const register: RealHouse['register'] = async (handle = `p${randomBytes(6).toString('hex')}`) => {
    const { user, client } = (await must(ask(undefined, 'POST', '/v1/ids', { json: {} }), 200)) as Record<
      string,
      string
    >
    const key = await makeTestKey()
    const csr = Buffer.from(await key.csr([user!, client!])).toString('base64url')
    const json = { user, client, handle, csr }
    return settle(key, handle, await must(ask(undefined, 'POST', '/v1/users', { json }), 201))
  }

  const newcomerOf = async (by: Resident): Promise<{ readonly key: TestKey; readonly answer: Answer }> => {
    const ids = await must(ask(undefined, 'POST', '/v1/ids', { json: { user: by.user } }), 200)
    const client = String(ids['client'])
    const key = await makeTestKey()
    const csr = await key.csr([by.user, client])
    const hash = Buffer.from(await webcrypto.subtle.digest('SHA-256', new Uint8Array(csr))).toString('base64url')
    const claims = { aud: `${server.url}/v1/clients`, iat: Math.floor(now() / 1000), jti: hash, csr: hash }
    const approval = await by.key.sign(claims, { kid: by.client })
    const json = { user: by.user, client, csr: Buffer.from(csr).toString('base64url'), approval }
    return { key, answer: await ask(undefined, 'POST', '/v1/clients', { json }) }
  }
  const link: RealHouse['link'] = async (by) => {
    const { key, answer } = await newcomerOf(by)
    return settle(key, by.handle, await must(Promise.resolve(answer), 201))
  }
  const askToLink: RealHouse['askToLink'] = async (by) => (await newcomerOf(by)).answer

  const log: RealHouse['log'] = async (after = origin) => {
    const reader = openEmbeddedLogForReading({ directory: server.dataDir })
    try {
      const found: StoredEvent[] = []
      for (let at = after; ; at = found.at(-1)!.position) {
        const page = await reader.readAll({ after: at })
        found.push(...page)
        if (page.length < 500) return found
      }
    } finally {
      await reader.close()
    }
  }

  const events: RealHouse['events'] = async (after) =>
    (await log(after)).filter(({ type }) => type !== 'QueuesAcknowledged')

  const sealing = (await (await fetch(`${server.url}/v1/queueKey`)).json()) as { keyId: string; publicKey: string }
  const seal: Sealer['seal'] = (queue, signatureKey) =>
    encodeQueueReference(
      sealQueueReference({
        queue,
        domain: of,
        keyId: fromBase64url(sealing.keyId)!,
        publicKey: fromBase64url(sealing.publicKey)!,
        signatureKey,
      }),
    )
  return {
    server,
    door: { world: { seal }, ask: (by, ...rest) => ask(by as Resident, ...rest) },
    ask,
    register,
    link,
    askToLink,
    tokenOf,
    assertionOf,
    head: async () => (await events()).at(-1)?.position ?? origin,
    events,
    log,
    close: () => server.stop(),
  }
}
