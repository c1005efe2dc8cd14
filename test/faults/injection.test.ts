/** Operators, prototypes and wrong types in every field of every route: refused in words, before anything is touched. */
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import { operatorRole } from '#src/events/operatorRole.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { Answer } from '../api/groupHouse.js'
import { createdBy } from '../api/groupPeople.js'
import { domain, random } from '../commands/mlsFixture.js'
import { bodyOf, operationsOf, pathOf } from './contract.js'
import type { Operation, Samples, Schema } from './contract.js'
import { openHouse, operator } from './house.js'
import type { Bearer, RealHouse, Resident } from './house.js'

/** As they stand in JSON. None is a string: those that look like one are in `hostileWords`. */
const hostileValues = [
  '{"$ne":null}',
  '{"$gt":""}',
  '{"$where":"sleep(9999)"}',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"length":1,"0":"a"}',
  '[{"$ne":null}]',
  '[[]]',
  'null',
  'true',
  '-1',
  '1.5',
  '1e400',
  '9007199254740993',
]
const hostileWords = [
  '{"$ne":null}',
  '__proto__',
  'constructor',
  'toString',
  '..%2f..%2fkeys',
  'a\u0000b',
  '*',
  "' OR 1=1 --",
]
const hostileFields = [
  '"$where":"1"',
  '"__proto__":{"x":1}',
  '"constructor":{"prototype":{}}',
  '"toString":"x"',
  '"a.b":1',
]

describe('hostile values', () => {
  let house: RealHouse
  let victim: Resident
  let samples: Samples
  let operations: readonly Operation[]
  before(async () => {
    house = await openHouse()
    victim = await house.register()
    const { group } = await createdBy(house.door, victim)
    samples = {
      group,
      user: victim.user,
      client: victim.client,
      queue: victim.queue,
      request: '0b7c6a52-3f4c-5f9e-8f2b-1d1a5f4f8a11',
      digest: 'A'.repeat(43),
      asset: makeId('asset', domain, random(16)),
      epoch: '0',
      from: '0',
      successor: group,
      handle: 'somebody',
    }
    operations = await operationsOf(house.server.url)
  })
  after(() => house.close())

  const bearerFor = ({ access }: Operation): Bearer =>
    operatorRole.safeParse(access).success
      ? operator
      : access === 'anonymous'
        ? undefined
        : access === 'client'
          ? victim
          : { token: victim.queueToken }

  const isCommand = ({ method }: Operation): boolean => method !== 'GET' && method !== 'HEAD'

  const isRefused = (
    { status, body, headers }: Answer,
    what: string,
    codes: readonly string[] = ['malformed'],
  ): void => {
    expect(status, what).to.be.within(400, 499)
    // What is refused to a HEAD has no body to tell why.
    if (what.startsWith('HEAD ')) return
    expect(headers.get('content-type'), what).to.contain('application/problem+json')
    expect(codes, what).to.include(body['code'])
  }

  /** Runs it, and sees that the log is as it was. */
  const unchanged = async (work: () => Promise<void>): Promise<void> => {
    const before = await house.events()
    await work()
    expect((await house.events()).map(({ id, type }) => `${type} ${id}`)).to.deep.equal(
      before.map(({ id, type }) => `${type} ${id}`),
    )
  }

  /** Whether the schema itself would take it: then it is no attack. */
  const fits = (schema: Schema, json: string): boolean => {
    const value: unknown = JSON.parse(json)
    if (schema.enum !== undefined) return schema.enum.includes(value)
    if (schema.type === 'boolean') return typeof value === 'boolean'
    return schema.type === 'number' && typeof value === 'number'
  }

  const fieldsOf = (schema: Schema, at: readonly string[] = []): (readonly [readonly string[], Schema])[] =>
    Object.entries(schema.properties ?? {}).flatMap(([field, of]) => [
      [[...at, field], of] as const,
      ...fieldsOf(of, [...at, field]),
    ])

  /** The body with one field replaced by text as it stands. */
  const withText = (body: object, at: readonly string[], text: string): string => {
    const marked = structuredClone(body) as Record<string, unknown>
    const last = at.length - 1
    const inner = at.slice(0, last).reduce((one, field) => one[field] as Record<string, unknown>, marked)
    inner[at[last]!] = '@@here@@'
    return JSON.stringify(marked).replace('"@@here@@"', text)
  }

  it('in a field of a JSON body are malformed, and change nothing', async () => {
    let tried = 0
    await unchanged(async () => {
      for (const operation of operations) {
        if (operation.body === undefined) continue
        const body = bodyOf(operation.body, samples)
        for (const [at, schema] of fieldsOf(operation.body)) {
          for (const text of hostileValues.filter((json) => !fits(schema, json))) {
            const what = `${operation.method} ${operation.path} ${at.join('.')} = ${text}`
            const asked = { text: withText(body, at, text) }
            isRefused(await house.ask(bearerFor(operation), operation.method, pathOf(operation, samples), asked), what)
            tried++
          }
        }
      }
    })
    expect(tried).to.be.greaterThan(400)
  })

  it('as a whole body, or as fields nobody asked for, are malformed, and change nothing', async () => {
    await unchanged(async () => {
      for (const operation of operations.filter((one) => isCommand(one) && !one.takesBytes)) {
        const { method, path, body: schema = {} } = operation
        const ask = (text: string) => house.ask(bearerFor(operation), method, pathOf(operation, samples), { text })
        for (const text of ['null', '[]', '"x"', '5', '[{}]', '{', '{"a":1}}', '\u0000', '\ufeff{}']) {
          isRefused(await ask(text), `${method} ${path} ${text}`)
        }
        const body = JSON.stringify(bodyOf(schema, samples))
        for (const field of hostileFields) {
          const text = body === '{}' ? `{${field}}` : body.replace(/\}$/, `,${field}}`)
          isRefused(await ask(text), `${method} ${path} ${text}`)
        }
      }
    })
  })

  /** Where any word is a name: what is none is found nowhere. */
  const foundNowhere: { readonly [param: string]: readonly string[] } = {
    request: ['no-such-request'],
    name: ['malformed', 'no-such-token'],
    projection: ['malformed', 'no-such-projection'],
  }

  it('in a path are malformed or found nowhere, and change nothing', async () => {
    await unchanged(async () => {
      for (const operation of operations) {
        for (const param of operation.params) {
          for (const word of hostileWords) {
            // Any such word may be the name of a server.
            if (param === 'domain' && /^[a-z]+$/.test(word)) continue
            const path = pathOf(operation, { ...samples, [param]: word })
            const json = operation.body === undefined ? {} : { json: bodyOf(operation.body, samples) }
            const answer = await house.ask(bearerFor(operation), operation.method, path, json)
            const codes = foundNowhere[param] ?? ['malformed']
            isRefused(answer, `${operation.method} ${path}`, codes)
          }
        }
      }
    })
  })

  it('in a query are malformed, and change nothing', async () => {
    await unchanged(async () => {
      for (const operation of operations) {
        const names = [...new Set([...operation.query, 'dryRun', 'after'])]
        const queries = [
          ...names.flatMap((name) => [`${name}[$ne]=1`, `${name}[]=1`, `${name}=1&${name}=2`, `${name}.$gt=1`]),
          '__proto__=1',
          '__proto__[admin]=1',
          'constructor[prototype][admin]=1',
          'hasOwnProperty=1',
          'unknown=1',
        ]
        const json = operation.body === undefined ? {} : { json: bodyOf(operation.body, samples) }
        for (const query of queries) {
          const path = `${pathOf(operation, samples)}?${query}`
          isRefused(await house.ask(bearerFor(operation), operation.method, path, json), `${operation.method} ${path}`)
        }
      }
    })
  })

  it('in a header are refused, and change nothing', async () => {
    await unchanged(async () => {
      for (const operation of operations.filter(isCommand)) {
        const json = operation.body === undefined ? {} : { json: bodyOf(operation.body, samples) }
        const path = pathOf(operation, samples)
        for (const key of ['a b', 'x'.repeat(129), '\u00e9']) {
          const answer = await house.ask(bearerFor(operation), operation.method, path, { ...json, key })
          isRefused(answer, `${operation.method} ${path} Idempotency-Key ${key}`)
        }
        if (operation.access === 'anonymous') continue
        for (const authorization of ['Bearer {"$ne":null}', 'Basic YTpi', 'Bearer', 'Bearer a b', 'Bearer __proto__']) {
          const asked = { ...json, headers: { authorization } }
          const answer = await house.ask(undefined, operation.method, path, asked)
          isRefused(answer, `${operation.method} ${path} ${authorization}`, ['not-authenticated'])
        }
      }
      const { group } = samples as { group: string }
      for (const match of ['{"$ne":null}', '*', '"-1"', '"0", "1"', 'W/"0"', '"9007199254740993"']) {
        const asked = { json: { profile: 'AAAA' }, headers: { 'if-match': match } }
        isRefused(await house.ask(victim, 'PUT', `/v1/groups/${encodeURIComponent(group)}/profile`, asked), match)
      }
    })
  })

  it('in the claims of a signed assertion, or its header, make nobody anybody', async () => {
    const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const exchange = async (assertion: string): Promise<Answer> =>
      house.ask(undefined, 'POST', '/v1/token', { json: { grant_type: grant, assertion } })
    const hostile: readonly unknown[] = [{ $ne: null }, [], [victim.client], 5, true, '__proto__', '', { toString: 1 }]
    await unchanged(async () => {
      for (const value of hostile) {
        for (const claim of ['iss', 'sub', 'aud', 'exp', 'jti']) {
          const assertion = await house.assertionOf(victim.client, victim.key, { [claim]: value })
          const what = `${claim} = ${JSON.stringify(value)}`
          // A jti of any text is one as good as another.
          if (claim === 'jti' && typeof value === 'string' && value !== '') continue
          isRefused(await exchange(assertion), what, ['not-authenticated', 'clock-skew'])
        }
        const approval = await victim.key.sign({ csr: value }, { kid: value as string })
        const json = { user: victim.user, client: victim.client, approval, csr: await csrOf(victim) }
        isRefused(await house.ask(undefined, 'POST', '/v1/clients', { json }), 'kid', ['not-allowed'])
      }
    })
    const raw = (text: string): string => Buffer.from(text).toString('base64url')
    for (const [header, claims] of [
      ['{"alg":"none"}', `{"iss":"${victim.client}"}`],
      ['{"alg":"EdDSA"}', '{"__proto__":{"iss":"x"}}'],
      ['{"alg":["EdDSA"]}', 'null'],
      ['[]', '[]'],
      ['{"alg":"EdDSA","crit":["x"],"x":1}', `{"iss":"${victim.client}","sub":"${victim.client}"}`],
    ] as const) {
      isRefused(await exchange(`${raw(header)}.${raw(claims)}.AAAA`), header, ['not-authenticated'])
    }
  })

  it('in a form are refused like those in JSON', async () => {
    const media = 'application/x-www-form-urlencoded'
    for (const text of [
      'assertion[$ne]=1',
      'grant_type=a&grant_type=b',
      '__proto__=1',
      'constructor[prototype]=1',
      '%00',
    ]) {
      isRefused(await house.ask(undefined, 'POST', '/v1/token', { text, media }), text)
    }
  })

  it('under another media type or encoding are not even looked at', async () => {
    for (const operation of operations.filter(({ body }) => body !== undefined)) {
      const { method, path } = operation
      const ask = (media: string, headers = {}) =>
        house.ask(bearerFor(operation), method, pathOf(operation, samples), { text: '{}', media, headers })
      for (const media of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/json5']) {
        isRefused(await ask(media), `${method} ${path} ${media}`, ['unsupported-media-type'])
      }
      for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'identity, gzip']) {
        const answer = await ask('application/json', { 'content-encoding': encoding })
        isRefused(answer, `${method} ${path} ${encoding}`, ['unsupported-media-type'])
      }
    }
  })

  it('in frames of a websocket are answered with malformed, and the socket lives on', async () => {
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, ['mls-homeserver.1'], {
      headers: { authorization: `Bearer ${victim.token}` },
    })
    await new Promise((resolve) => socket.once('open', resolve))
    const next = (): Promise<{ type: string; problem?: { code: string } }> =>
      new Promise((resolve) =>
        socket.once('message', (data: Buffer) => {
          resolve(JSON.parse(data.toString()) as never)
        }),
      )
    const { queue, group } = samples as { queue: string; group: string }
    const frames = [
      { type: 'open', queue, after: 'a.1' },
      { type: 'acknowledge', queue, upTo: 'a.1' },
      { type: 'send', id: 'x', group, message: 'AAAA' },
      { type: 'token', token: 'x' },
    ]
    await unchanged(async () => {
      for (const frame of frames) {
        for (const field of Object.keys(frame)) {
          for (const text of hostileValues) {
            const answer = next()
            socket.send(withText(frame, [field], text))
            expect(await answer, `${frame.type}.${field} = ${text}`).to.have.nested.property(
              'problem.code',
              'malformed',
            )
          }
        }
        for (const field of hostileFields) {
          const answer = next()
          socket.send(JSON.stringify(frame).replace(/\}$/, `,${field}}`))
          expect(await answer, `${frame.type} with ${field}`).to.have.nested.property('problem.code', 'malformed')
        }
      }
      for (const text of ['', 'null', '[]', '{', '5', '['.repeat(200_000), `{"type":{"a":`.repeat(20_000)]) {
        const answer = next()
        socket.send(text)
        expect(await answer, text.slice(0, 20)).to.have.nested.property('problem.code', 'malformed')
      }
      for (const bytes of [[], [0], [200, 1], [1, 0x20, 1], [1, 0x61], [255, ...randomBytes(200)]]) {
        const answer = next()
        socket.send(Buffer.from(bytes))
        expect(await answer, String(bytes)).to.have.nested.property('problem.code', 'malformed')
      }
      const opened = next()
      socket.send(JSON.stringify({ type: 'open' }))
      expect(await opened).to.have.property('type', 'opened')
    })
    socket.terminate()
  })
})

const csrOf = async ({ key, user, client }: Resident): Promise<string> =>
  Buffer.from(await key.csr([user, client])).toString('base64url')
