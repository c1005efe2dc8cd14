/** What those who registered do: forged groups, large uploads, and reads and writes without an end. */
import { parseGroupId } from '#src/mls/wire/ids.js'
import { at } from '../../api/groupPeople.js'
import { domain } from '../../commands/mlsFixture.js'
import { forgedMessage } from '../../faults/forgers.js'
import { statusOf, dearJson } from './anonymousAttacks.js'
import type { Armed } from './armed.js'
import { attackersAddress } from './attack.js'
import type { Attack, Ground } from './attack.js'
import { dial } from './connection.js'

const KiB = 1024
const uri = encodeURIComponent

type Sent = { readonly json?: string; readonly mls?: Uint8Array; readonly headers?: Record<string, string> }

const ask = (ground: Ground, by: Armed, method: string, path: string, { json, mls, headers = {} }: Sent = {}) => {
  const body = mls ?? json
  const type = body === undefined ? {} : { 'content-type': mls === undefined ? 'application/json' : 'message/mls' }
  const authorization = `Bearer ${by.token}`
  return ground.ask(path, {
    method,
    headers: { ...headers, ...type, authorization },
    from: attackersAddress,
    ...(body === undefined ? {} : { body }),
  })
}

const page = ({ queue }: Armed): string => `/v1/queues/${uri(queue)}/items?limit=500`

export const registeredAttacks: readonly Attack[] = [
  {
    name: 'GroupInfos of a forged crowd',
    everyMs: 3_000,
    answers: /^(400|404|429|cut)$/,
    run: async (ground) => {
      const by = ground.attacker()
      const reserved = await ask(ground, by, 'POST', '/v1/groups', { json: '{}' })
      const { group } = JSON.parse(reserved.text) as { readonly group?: string }
      const id = parseGroupId(group ?? '')
      if (id === undefined) return [String(reserved.status)]
      return statusOf(ask(ground, by, 'PUT', at(id), { mls: by.crowd(id) }))
    },
  },
  {
    name: 'Commits of many Adds',
    everyMs: 2_000,
    answers: /^(400|403|404|409|429|cut)$/,
    run: (ground) => {
      const by = ground.attacker()
      return statusOf(ask(ground, by, 'POST', at(by.group, '/commits?dryRun=true'), { mls: by.manyAdds }))
    },
  },
  {
    name: 'KeyPackages with replace',
    everyMs: 4_000,
    answers: /^(201|429|cut)$/,
    run: (ground) => {
      const by = ground.attacker()
      return statusOf(ask(ground, by, 'POST', '/v1/keyPackages', { json: by.keyPackages() }))
    },
  },
  {
    name: 'JSON of 3.5 MiB',
    everyMs: 1_500,
    answers: /^(400|413|422|429|cut)$/,
    run: (ground) => {
      const by = ground.attacker()
      const path = ground.random.pick(['/v1/keyPackages', at(by.group, '/proposals'), at(by.group, '/commits')])
      const size = ground.random.integer(3_500 * KiB)
      return statusOf(ask(ground, by, 'POST', path, { json: dearJson(ground, size, 'keyPackages') }))
    },
  },
  {
    name: 'bytes that are no MLS',
    everyMs: 800,
    answers: /^(400|413|422|429|cut)$/,
    run: (ground) => {
      const { random } = ground
      const by = ground.attacker()
      const path = random.pick([
        '/v1/keyPackages',
        ...['/proposals', '/commits', '/messages'].map((p) => at(by.group, p)),
      ])
      const mls = Buffer.alloc(random.pick([4, 100, 10 * KiB, 300 * KiB, 2_600 * KiB]), random.integer(256))
      mls.set([0, 1, 0, random.integer(6)])
      return statusOf(ask(ground, by, 'POST', path, { mls }))
    },
  },
  {
    name: 'messages of any size',
    everyMs: 400,
    answers: /^(201|429|cut)$/,
    run: (ground) => {
      const by = ground.attacker()
      const mls = forgedMessage(by.group, 0n, ground.random.integer(60 * KiB))
      return statusOf(ask(ground, by, 'POST', at(by.group, '/messages'), { mls }))
    },
  },
  {
    name: 'pages of a queue beyond its cap',
    everyMs: 400,
    answers: /^(200|429|cut)$/,
    run: (ground) => {
      const by = ground.attacker()
      return statusOf(ask(ground, { ...by, token: by.queueToken }, 'GET', page(by)))
    },
  },
  {
    name: 'pages that nobody reads',
    everyMs: 4_000,
    answers: /^(cut|left)$/,
    run: async (ground) => {
      const by = ground.attacker()
      const { socket, end } = await dial(ground)
      socket.pause()
      const head = `Host: 127.0.0.1:${ground.port}\r\nAuthorization: Bearer ${by.queueToken}\r\n`
      socket.write(`GET ${page(by)} HTTP/1.1\r\n${head}\r\n`.repeat(1 + ground.random.integer(30)))
      return end(60_000)
    },
  },
  {
    name: 'people who are not there',
    everyMs: 200,
    answers: /^(200|404|429|cut)$/,
    run: (ground) => {
      const nobody = ground.random.integer(2 ** 31).toString(36)
      const id = `${nobody.padEnd(21, 'A').slice(0, 21)}A`
      const path = ground.random.pick([
        `/v1/directory?handle=${nobody}`,
        `/v1/directory?prefix=${nobody}`,
        `/v1/users/${uri(`mimi://${domain}/u/${id}`)}/clients`,
        `/v1/groups/${uri(`mimi://${domain}/g/${id}`)}`,
      ])
      return statusOf(ask(ground, ground.attacker(), 'GET', path))
    },
  },
  {
    name: 'profiles of 64 KiB',
    everyMs: 2_000,
    answers: /^(200|409|429|cut)$/,
    run: async (ground) => {
      const by = ground.attacker()
      const { text } = await ask(ground, by, 'GET', at(by.group, '/profile'))
      const { version = 0 } = JSON.parse(text) as { readonly version?: number }
      const profile = Buffer.alloc(64 * KiB, ground.random.integer(256)).toString('base64url')
      const headers = { 'if-match': `"${version}"` }
      return statusOf(ask(ground, by, 'PUT', at(by.group, '/profile'), { json: JSON.stringify({ profile }), headers }))
    },
  },
]
