/** `homeserver operator …`, `takedown …` and `clock accept` beside a running server: the CLI as the client of the operators' door. */
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { temporaryDirectory } from '../adapters/temporaryDirectory.js'
import type { TemporaryDirectory } from '../adapters/temporaryDirectory.js'
import { houseAt } from '../faults/house.js'
import { cliProgram } from '../support/programs.js'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'

const OPERATOR_TOKEN = 'hs_op_PlantedOperatorToken0123456789'
const fingerprint = 'HPeLWg9Bj_Ky6GN7'

type Ended = { readonly code: number; readonly out: string; readonly said: string }

describe('homeserver beside a running server', () => {
  let server: RunningServer
  let directory: TemporaryDirectory
  before(async () => {
    directory = temporaryDirectory()
    server = await startServer({ OPERATOR_TOKEN, DATA_DIR: directory.path })
  })
  after(async () => {
    await server.stop()
    directory.remove()
  })

  const operatorUrl = (): string =>
    (JSON.parse(readFileSync(join(directory.path, 'ready.json'), 'utf8')) as { readonly operatorUrl: string })
      .operatorUrl
  const runWith = (env: NodeJS.ProcessEnv, args: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [cliProgram, ...args],
        { env: { PATH: process.env['PATH'], ...env } },
        (error, out, said) => {
          resolve({ code: error === null ? 0 : Number(error.code), out: out.trim(), said: said.trim() })
        },
      )
    })
  const run = (...args: readonly string[]): Promise<Ended> =>
    runWith({ OPERATOR_TOKEN, DATA_DIR: directory.path }, args)
  const digestOf = (bytes: Uint8Array, as: 'hex' | 'base64url'): string => createHash('sha256').update(bytes).digest(as)

  it('finds the server by its directory, and says how it stands', async () => {
    const { code, out } = await run('operator', 'status')
    expect(code).to.equal(0)
    expect(out).to.match(
      /^good {2}ready: mls-homeserver \S+ of localhost\n(good {2}read model \S+: 0 ms behind, 0 parked\n?)+$/,
    )
    const asJson = await run('operator', 'status', '--json')
    expect(JSON.parse(asJson.out)).to.deep.include({ ready: true, domain: 'localhost' })
  })

  it('takes down, lists and lifts, by hex as sha256sum prints it or by base64url; all of it is listed with why', async () => {
    const bytes = randomBytes(9)
    const digest = digestOf(bytes, 'base64url')
    expect(await run('takedown', digestOf(bytes, 'hex'), '--why', 'order 12')).to.deep.equal({
      code: 0,
      out: `taken down ${digest}`,
      said: '',
    })
    const listed = await run('takedown', 'list')
    expect(listed.out).to.match(new RegExp(`^${digest} [0-9TZ:.-]{24} act 1 "order 12"$`))
    const lifted = await run('takedown', 'lift', digest, '--why', 'set\u001b[2Jaside', '--json')
    expect(JSON.parse(lifted.out)).to.have.all.keys('position', 'serverTime')
    expect((await run('takedown', 'list')).out).to.equal('')
    const lines = (await run('operator', 'acts')).out.split('\n')
    expect(lines).to.have.length(2)
    expect(lines[0]).to.match(
      new RegExp(`^2 [0-9TZ:.-]{24} ${fingerprint} liftTakedown ${digest} "set\\\\u001b\\[2Jaside"$`),
    )
    expect(lines[1]).to.match(new RegExp(`^1 [0-9TZ:.-]{24} ${fingerprint} takeDown ${digest} "order 12"$`))
    const [newest] = (await run('operator', 'acts', '--json')).out.split('\n').map((line) => JSON.parse(line) as object)
    expect(newest).to.deep.include({ number: 2, what: { type: 'liftTakedown', digest } })
  })

  it('ends with 1 when the server refuses, and says why', async () => {
    const { code, said } = await run('takedown', 'lift', digestOf(randomBytes(9), 'hex'), '--why', 'x')
    expect([code, said]).to.deep.equal([1, 'homeserver: refused (no-such-takedown): These bytes are not taken down'])
  })

  it('ends with 64 without a reason, or for what is no digest', async () => {
    const digest = digestOf(randomBytes(9), 'hex')
    for (const args of [
      ['takedown', digest],
      ['takedown', 'lift', digest],
      ['clock', 'accept'],
    ]) {
      const { code, said } = await run(...args)
      expect([code, said], args.join(' ')).to.deep.equal([
        64,
        'homeserver: --why TEXT is missing: every act is on record with its reason',
      ])
    }
    expect(await run('takedown', 'abc', '--why', 'x')).to.have.property('code', 64)
    expect(await run('takedown', digest, '--why', '  ')).to.have.property('code', 64)
  })

  it('says to the server that its clock is right, on record', async () => {
    const { code, out } = await run('clock', 'accept', '--why', 'moved house')
    expect([code, out]).to.satisfy(([status, line]: [number, string]) => status === 0 && /^clock \d{4}-/.test(line))
    expect((await run('operator', 'acts')).out.split('\n')[0]).to.match(/ acceptClock "moved house"$/)
  })

  it('takes the server by its URL, and the token from a file', async () => {
    const file = join(directory.path, 'operator-token')
    writeFileSync(file, `${OPERATOR_TOKEN}\n`)
    const args = ['operator', 'acts', '--url', `${server.url}/`, '--token-file', file]
    expect(await runWith({}, args)).to.have.property('code', 0)
    writeFileSync(file, 'hs_op_short')
    expect(await runWith({}, args)).to.have.property('code', 78)
  })

  it('ends with 78 without a token, or with one that does not hold, and shows it to nobody', async () => {
    const DATA_DIR = directory.path
    expect(await runWith({ DATA_DIR }, ['operator', 'acts'])).to.deep.equal({
      code: 78,
      out: '',
      said: 'homeserver: the operator token is needed: OPERATOR_TOKEN or --token-file FILE',
    })
    const wrong = `${OPERATOR_TOKEN}x`
    const { code, said } = await runWith({ DATA_DIR, OPERATOR_TOKEN: wrong }, ['operator', 'acts'])
    expect([code, said]).to.deep.equal([
      78,
      `homeserver: the operator token is not the one that holds at ${operatorUrl()}`,
    ])
  })

  it('ends with 69 and a clear line where no server runs, or something else answers', async () => {
    const empty = temporaryDirectory()
    const nowhere = await runWith({ OPERATOR_TOKEN, DATA_DIR: empty.path }, ['operator', 'acts'])
    expect([nowhere.code, nowhere.said]).to.deep.equal([
      69,
      `homeserver: no server serves DATA_DIR ${empty.path} on this machine: start it, or name one by --url`,
    ])
    // One that was killed left its file, with a process id that is nobody's.
    writeFileSync(join(empty.path, 'ready.json'), JSON.stringify({ pid: 2 ** 22 + 1, url: server.url, version: '0' }))
    expect(await runWith({ OPERATOR_TOKEN, DATA_DIR: empty.path }, ['operator', 'acts'])).to.deep.equal(nowhere)
    empty.remove()
    const other = createServer((_request, response) => response.end('<html>'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    expect(await run('operator', 'acts', '--url', url)).to.deep.include({ code: 69 })
    await new Promise((resolve) => other.close(resolve))
    const gone = await run('operator', 'acts', '--url', url)
    expect([gone.code, gone.said.startsWith(`homeserver: no server answers at ${url}: `)]).to.deep.equal([69, true])
  })

  it('has doctor tell what the server says to everybody, and with the token what its door knows', async () => {
    const outside = await runWith({ DATA_DIR: directory.path }, ['doctor'])
    expect([outside.code, outside.out.split('\n').slice(0, 2)]).to.deep.equal([
      0,
      [
        `good  ready: ${server.url}`,
        'note  with OPERATOR_TOKEN or --token-file it tells how far its read models are, and the last act',
      ],
    ])
    expect(outside.out).to.not.match(/^wrong/m)
    const { code, out } = await run('doctor')
    expect(code).to.equal(0)
    expect(out)
      .to.match(/^good {2}ready: mls-homeserver /)
      .and.match(/^good {2}read model queues: /m)
    expect(out).to.match(
      new RegExp(`^good {2}last act: \\d+ [0-9TZ:.-]{24} ${fingerprint} acceptClock "moved house"$`, 'm'),
    )
    const empty = temporaryDirectory()
    const gone = await runWith({ DATA_DIR: empty.path }, ['doctor', '--url', 'http://127.0.0.1:1'])
    expect([gone.code, gone.out.startsWith('wrong no server answers at http://127.0.0.1:1: ')]).to.deep.equal([
      69,
      true,
    ])
    empty.remove()
  })

  it('makes, lists and revokes tokens while the server runs, and tells who did what by their names', async () => {
    const added = await run('operators', 'add', 'anna', 'operate', '--days', '30', '--why', 'on call')
    expect([added.code, added.out]).to.satisfy(
      ([code, out]: [number, string]) => code === 0 && /^operator-token hs_op_[A-Za-z0-9_-]{32}$/.test(out),
    )
    const anna = { DATA_DIR: directory.path, OPERATOR_TOKEN: added.out.split(' ')[1]! }
    expect(await runWith(anna, ['clock', 'accept', '--why', 'it is'])).to.have.property('code', 0)
    expect(await runWith(anna, ['operators', 'add', 'bert', 'admin', '--why', 'x'])).to.deep.include({ code: 1 })
    const listed = (await run('operators', 'list')).out.split('\n')
    expect(listed).to.have.length(2)
    expect(listed[0]).to.match(/^operator admin HPeLWg9Bj_Ky6GN7 [0-9TZ:.-]{24} for ever$/)
    expect(listed[1]).to.match(/^anna operate [A-Za-z0-9_-]{16} [0-9TZ:.-]{24} until [0-9TZ:.-]{24}$/)
    expect((await run('operators', 'revoke', 'anna', '--why', 'left')).out).to.equal('revoked anna')
    expect(await runWith(anna, ['operator', 'status'])).to.have.property('code', 78)
    const log = (await run('operators', 'log')).out.split('\n').slice(0, 3)
    expect(log.map((line) => line.split(' ').slice(2).join(' '))).to.deep.equal([
      'operator revokeToken anna "left"',
      'anna acceptClock "it is"',
      'operator issueToken anna operate "on call"',
    ])
    for (const wrong of [
      ['x', 'root'],
      ['x', 'read', '--days', '0'],
    ])
      expect(await run('operators', 'add', ...wrong, '--why', 'x'), wrong.join()).to.have.property('code', 64)
    expect((await run('operators', 'revoke', 'operator', '--why', 'x')).said).to.equal(
      'homeserver: refused (last-admin): No other admin token would be left',
    )
  })

  it('changes who may register, and invites', async () => {
    expect((await run('registration', 'set', 'invitation', '--why', 'pilot')).out).to.equal('registration invitation')
    expect((await run('registration', 'show')).out).to.equal('invitation')
    expect(await run('registration', 'set', 'anyone', '--why', 'pilot')).to.have.property('code', 64)
    const { code, out } = await run('invitations', 'make', '--handle', 'anna', '--days', '2', '--why', 'a colleague')
    expect([code, out]).to.satisfy(([, line]: [number, string]) => /^invitation hs_in_[A-Za-z0-9_-]{22}$/.test(line))
    const listed = (await run('invitations', 'list')).out
    expect(listed).to.match(
      new RegExp(`^[A-Za-z0-9_-]{43} open [0-9TZ:.-]{24} until [0-9TZ:.-]{24} ${fingerprint} "a colleague"$`),
    )
    const hash = listed.split(' ')[0]!
    expect((await run('invitations', 'revoke', hash, '--why', 'sent astray')).out).to.equal(`revoked ${hash}`)
    expect((await run('invitations', 'list', '--json')).out).to.contain('"status":"revoked"')
    expect((await run('operators', 'log')).out.split('\n')[0]).to.match(
      / operator revokeInvitation \S{43} "sent astray"$/,
    )
  })

  it('lists, sets and resets limits, and says what they had been', async () => {
    const set = await run('limits', 'set', 'groupMembersMax', '500', '--why', 'small')
    expect([set.code, set.out]).to.deep.equal([0, 'groupMembersMax 500'])
    expect(await run('limits', 'set', 'commandsPerClient', '50,900.5', '--why', 'x')).to.have.property('code', 0)
    const lines = (await run('limits', 'list')).out.split('\n')
    expect(lines).to.include('groupMembersMax 500 operator (setting 1000, 2 to 5000)')
    expect(lines).to.include('listenBacklogMax 4096 default (setting 4096, fixed)')
    expect(lines.join('\n')).to.match(/^commandsPerClient 50,900\.5 operator \(setting /m)
    const refused = await run('limits', 'set', 'groupMembersMax', '0', '--why', 'x')
    expect(refused).to.have.property('code', 1)
    expect(refused.said).to.contain('limit-out-of-range')
    expect(await run('limits', 'set', 'groupMembersMax', '1,2,3', '--why', 'x')).to.have.property('code', 64)
    expect((await run('limits', 'reset', 'groupMembersMax', '--why', 'x')).out).to.equal('reset groupMembersMax')
    expect((await run('operators', 'log')).out.split('\n')[0]).to.match(/ operator resetLimit groupMembersMax "x"$/)
    const asOf = async (what: string, ...more: readonly string[]): Promise<Ended> =>
      runWith({ DATA_DIR: directory.path }, ['as-of', '999999', what, ...more, '--json'])
    expect(JSON.parse((await asOf('limits')).out)).to.deep.include({
      limits: { commandsPerClient: { burst: 50, everyMs: 900.5 } },
    })
    expect(await asOf('limits', 'mimi://localhost/u/AAAAAAAAAAAAAAAAAAAAAA')).to.have.property('code', 64)
  })

  it('turns maintenance on and off, and says how it is', async () => {
    expect((await run('maintenance', 'on', '--why', 'another disk')).out).to.equal('maintenance on')
    expect((await run('maintenance', 'status')).out).to.match(/^maintenance on since \d{4}-/)
    expect((await run('operator', 'status')).out).to.contain('note  maintenance: clients and peers only read')
    expect((await fetch(`${server.url}/v1/ids`, { method: 'POST' })).status).to.equal(503)
    expect((await run('maintenance', 'off', '--why', 'done')).out).to.equal('maintenance off')
    const log = (await run('operators', 'log')).out.split('\n').slice(0, 2)
    expect(log.map((line) => line.split(' ').slice(3, 5).join(' '))).to.deep.equal([
      'changeMaintenance off',
      'changeMaintenance on',
    ])
  })

  it('blocks another server, pins its root from a file, and shows both', async () => {
    expect((await run('peers', 'policy', 'b.example', 'blocked', '--why', 'spam')).out).to.equal('b.example blocked')
    expect((await run('peers', 'policy', 'b.example', 'barred', '--why', 'spam')).code).to.equal(64)
    const file = join(directory.path, 'root.pem')
    const { root } = await fetch(`${server.url}/v1/authority`).then(
      (answer) => answer.json() as Promise<{ root: string }>,
    )
    const base64 = Buffer.from(root, 'base64url').toString('base64')
    writeFileSync(file, `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`)
    expect((await run('peers', 'pin', 'b.example', file, '--why', 'read out')).out).to.equal('pinned b.example')
    const fingerprint = digestOf(Buffer.from(root, 'base64url'), 'base64url')
    expect((await run('peers', 'show', 'b.example')).out.split('\n')).to.deep.equal([
      'b.example blocked blocked',
      'never seen',
      `root ${fingerprint}`,
    ])
    expect((await run('operators', 'log')).out).to.match(/operator pinPeerRoot b\.example "read out"/)
  })

  it('stops what another server is sent, goes on, tries it and gives its backlog up, each on record', async () => {
    for (const [verb, done] of [
      ['pause', 'paused b.example'],
      ['resume', 'resumed b.example'],
      ['reset', 'reset b.example'],
      ['drop', 'dropped the backlog of b.example'],
    ] as const) {
      expect((await run('peers', verb, 'b.example')).code, verb).to.equal(64)
      expect((await run('peers', verb, 'b.example', '--why', 'a test')).out).to.equal(done)
    }
    const log = (await run('operators', 'log')).out.split('\n').slice(0, 4)
    expect(log.map((line) => line.split(' ').slice(3, -2).join(' '))).to.deep.equal([
      'dropPeerBacklog b.example',
      'resetPeer b.example',
      'changePeerSending b.example resumed',
      'changePeerSending b.example paused',
    ])
    // Federation is off here: nobody is listed, and each is shown.
    expect(await run('peers', 'list', '--json')).to.include({ code: 0, out: '' })
    expect(JSON.parse((await run('peers', 'show', 'b.example', '--json')).out)).to.include({ state: 'blocked' })
  })

  it('makes the next federation key beside the one that signs', async () => {
    const { out } = await run('keys', 'federation')
    expect(out).to.match(/^(\S{11} from [0-9TZ:.-]{24} to [0-9TZ:.-]{24}\n?){2}$/)
  })

  it('makes the next frank key beside the one that stamps', async () => {
    expect((await run('keys', 'frank')).out).to.match(/^1 from 1970-\S+\n2 from [0-9TZ:.-]{24}$/)
  })

  it('finds people, shows one on record, keeps it out and removes it', async () => {
    const house = await houseAt(server)
    expect((await run('registration', 'set', 'open', '--why', 'again')).code).to.equal(0)
    const { user, client } = await house.register('walter')
    expect((await run('users', 'list', '--prefix', 'wal')).out).to.equal(`${user} walter exact anyone`)
    const shown = (await run('users', 'show', user, '--why', 'asked us')).out.split('\n')
    expect(shown).to.deep.equal([`${user} walter exact anyone`, `client ${client} waiting 0`])
    expect((await run('users', 'disable', user, '--why', 'spam')).out).to.equal(`disabled ${user}`)
    expect((await run('users', 'enable', user, '--why', 'it was not')).out).to.equal(`enabled ${user}`)
    expect(await run('clients', 'remove', user, client, '--why', 'stolen')).to.have.property('code', 1)
    expect((await run('users', 'remove', user, '--why', 'asked')).out).to.equal(`removed ${user}`)
    expect((await run('users', 'list', '--handle', 'walter')).out).to.equal('')
    expect((await run('operators', 'log')).out.split('\n')[3]).to.match(/ operator lookAtUser \S+ "asked us"$/)
  })

  it('says where operators are listened to, when it is asked elsewhere', async () => {
    const own = temporaryDirectory()
    const apart = await startServer({ OPERATOR_TOKEN, DATA_DIR: own.path, OPERATOR_ON_MAIN_PORT: 'off' })
    try {
      const { code, said } = await run('operator', 'status', '--url', apart.url)
      const expected = `homeserver: no operators are listened to at ${apart.url}: name OPERATOR_PORT of the server by --url`
      expect([code, said]).to.deep.equal([69, expected])
    } finally {
      await apart.stop()
      own.remove()
    }
  })

  it('sends its token nowhere else, wherever an answer points', async () => {
    const seen: string[] = []
    const elsewhere = createServer((request, response) => {
      seen.push(request.url ?? '')
      if (request.url?.startsWith('/elsewhere') === true) response.end('{}')
      else response.writeHead(307, { location: '/elsewhere' }).end()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
    expect(await run('operator', 'status', '--url', url)).to.deep.include({ code: 69 })
    expect(seen).to.deep.equal(['/v1/operator/status'])
    elsewhere.closeAllConnections()
    await new Promise((resolve) => elsewhere.close(resolve))
  })

  it('goes past the proxies in front: ready.json says how this machine reaches the server', async () => {
    const own = temporaryDirectory()
    const behind = await startServer({
      OPERATOR_TOKEN,
      DATA_DIR: own.path,
      HOST: '0.0.0.0',
      PUBLIC_URL: 'https://chat.invalid',
    })
    try {
      const text = readFileSync(join(own.path, 'ready.json'), 'utf8')
      const ready = JSON.parse(text) as { readonly localUrl: string; readonly operatorUrl: string }
      for (const url of [ready.localUrl, ready.operatorUrl]) expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect(await runWith({ OPERATOR_TOKEN, DATA_DIR: own.path }, ['operator', 'status'])).to.have.property('code', 0)
    } finally {
      await behind.stop()
      own.remove()
    }
  })
})
