/** What strangers do over HTTP: ask for much and read nothing, send much or slowly, and guess. */
import { makeTestKey } from '../../api/testClient.js'
import type { Attack, Ground } from './attack.js'
import { attackersAddress } from './attack.js'
import { dial, given } from './connection.js'

const KiB = 1024
const documents = ['/openapi.json', '/docs', '/asyncapi.json', '/.well-known/mls-homeserver', '/v1/authority']
const small = ['/livez', '/version', '/v1/queueKey', '/nothing', '/v1/users/me']

const host = ({ port }: Ground): string => `Host: 127.0.0.1:${port}\r\n`
const gets = (ground: Ground, path: string, count: number): string =>
  `GET ${path} HTTP/1.1\r\n${host(ground)}\r\n`.repeat(count)

/** The status, or that the connection ended. */
export const statusOf = (asked: Promise<{ readonly status: number }>): Promise<readonly string[]> =>
  asked.then(
    ({ status }) => [String(status)],
    () => ['cut'],
  )

/** JSON of so many bytes that is dear for those who look at it too late. */
export const dearJson = ({ random }: Ground, bytes: number, field: string): string => {
  const filled = (before: string, unit: string, after: string): string =>
    before + unit.repeat(Math.floor((bytes - before.length - after.length) / unit.length)) + after
  const shapes = [
    () => filled(`{"${field}":[`, '1,', '1]}'),
    () => filled(`{"${field}":[`, '"",', '""]}'),
    () => filled(`{"${field}":["`, 'A', '"]}'),
    () => filled(`{"${field}":["`, '\\u0041', '"]}'),
    () => filled(`{"${field}":[`, ' ', '1]}'),
    () => filled('{"a":0', ',"b":1', '}'),
    () => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2),
    () => filled('"', '\\"', ''),
  ]
  return random.pick(shapes)()
}

const json = { 'content-type': 'application/json' }

export const anonymousAttacks: readonly Attack[] = [
  {
    name: 'pipelined documents, never read',
    everyMs: 5_000,
    answers: /^(cut|left)$/,
    run: async (ground) => {
      const { socket, end } = await dial(ground)
      socket.pause()
      // Nobody waits until all of it is taken: it is not.
      socket.write(gets(ground, ground.random.pick(documents), 200 + ground.random.integer(1_300)))
      return end(60_000)
    },
  },
  {
    name: 'small requests, pipelined',
    everyMs: 3_000,
    answers: /^(200|404|401|cut|left)$/,
    run: async (ground) => {
      const { say, end } = await dial(ground)
      await say(gets(ground, ground.random.pick(small), 100 + ground.random.integer(1_400)))
      return end(2_000)
    },
  },
  {
    name: 'large JSON',
    everyMs: 400,
    answers: /^(400|413|429|cut)$/,
    run: (ground) => {
      const path = ground.random.pick(['/v1/token', '/v1/users', '/v1/ids', '/v1/clients'])
      const body = dearJson(ground, ground.random.integer(300 * KiB), ground.random.pick(['assertion', 'user', 'csr']))
      return statusOf(ground.ask(path, { method: 'POST', headers: json, body, from: attackersAddress }))
    },
  },
  {
    name: 'bodies and headers that drip',
    everyMs: 1_000,
    answers: /^(400|408|401|404|cut|left)$/,
    run: async (ground) => {
      const { say, end } = await dial(ground)
      const body = `POST /v1/token HTTP/1.1\r\n${host(ground)}content-type: application/json\r\ncontent-length: 200000\r\n\r\n`
      if (!(await say(ground.random.pick([body, `GET /livez HTTP/1.1\r\n${host(ground)}x-a: `])))) return end(0)
      for (let n = 0; n < 60 && !ground.signal.aborted && (await say('x')); n++) await given(700, ground.signal)
      return end(0)
    },
  },
  {
    name: 'registrations',
    everyMs: 500,
    answers: /^(201|429|cut)$/,
    run: async ({ ask, random }) => {
      const from = attackersAddress
      const ids = await ask('/v1/ids', { method: 'POST', headers: json, body: '{}', from })
      const { user, client } = JSON.parse(ids.text) as { readonly user: string; readonly client: string }
      const csr = Buffer.from(await (await makeTestKey()).csr([user, client])).toString('base64url')
      const body = JSON.stringify({ user, client, handle: `flood-${random.integer(2 ** 31).toString(36)}`, csr })
      return statusOf(ask('/v1/users', { method: 'POST', headers: json, body, from }))
    },
  },
  {
    name: 'forged assertions',
    everyMs: 300,
    answers: /^(400|401|429|cut)$/,
    run: async ({ house, ask, attacker }) => {
      const { client } = attacker()
      const assertion = await house.assertionOf(client, await makeTestKey())
      const body = JSON.stringify({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
      return statusOf(ask('/v1/token', { method: 'POST', headers: json, body, from: attackersAddress }))
    },
  },
  {
    name: 'requests that are none',
    everyMs: 500,
    answers: /^(400|401|404|405|408|413|415|421|426|431|cut|left)$/,
    run: async (ground) => {
      const { say, end } = await dial(ground)
      const odd = [
        `GET / HTTP/1.1\r\n\r\n`,
        `GET /livez HTTP/1.1\r\n${host(ground)}${host(ground)}\r\n`,
        `POST /v1/ids HTTP/1.1\r\n${host(ground)}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        `GET /livez HTTP/1.1\r\n${host(ground)}x-a: ${'a'.repeat(20_000)}\r\n\r\n`,
        `PURGE /v1/users/me HTTP/1.1\r\n${host(ground)}\r\n`,
        `GET /v1/websocket HTTP/1.1\r\n${host(ground)}Upgrade: nothing\r\nConnection: upgrade\r\n\r\n`,
        `GET //[ HTTP/1.1\r\n${host(ground)}Upgrade: websocket\r\nConnection: upgrade\r\n\r\n`,
        `GET /docs HTTP/1.1\r\nHost: ${ground.random.integer(2 ** 31)}.example\r\n\r\n`,
        Buffer.from(Array.from({ length: 3_000 }, () => ground.random.integer(256))),
      ]
      await say(ground.random.pick(odd))
      return end(1_000)
    },
  },
]
