/** `homeserver keys`: each key is followed by another while the server runs, and what the one before made still counts. */
import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { composeServer } from '../../compose/composedServer.js'
import { operator } from '../../faults/house.js'
import { temporaryDirectory } from '../../adapters/temporaryDirectory.js'
import type { TemporaryDirectory } from '../../adapters/temporaryDirectory.js'
import { openKeysHouse } from './house.js'

type Shown = {
  readonly bundle: string
  readonly keys: readonly { readonly name: string; readonly key: string; readonly state: string }[]
}
const why = ['--why', 'yearly'] as const

describe('the keys of a server', () => {
  let directory: TemporaryDirectory
  let at: Awaited<ReturnType<typeof openKeysHouse>>
  beforeEach(async () => {
    directory = temporaryDirectory()
    at = await openKeysHouse(join(directory.path, 'data'))
  })
  afterEach(async () => {
    await at.stop()
    directory.remove()
  })

  const rotate = async (kind: string, ...flags: readonly string[]): Promise<void> => {
    const { code, said } = await at.cli('keys', 'rotate', kind, ...why, ...flags)
    expect(code, said).to.equal(0)
  }
  const listed = async (): Promise<Shown> => JSON.parse((await at.cli('keys', 'list', '--json')).out) as Shown
  const states = async (kind: string): Promise<readonly string[]> =>
    (await listed()).keys.filter(({ name }) => name.startsWith(`${kind}-`)).map(({ state }) => state)
  const who = (token: string) => at.house.ask({ token }, 'GET', '/v1/users/me')

  it('are listed by name, fingerprint and age, with nothing that is secret', async () => {
    await rotate('token')
    const { out } = await at.cli('keys', 'list')
    const lines = out.split('\n')
    expect(lines.slice(2).map((line) => line.replace(/ [A-Za-z0-9_-]{43} /, ' … '))).to.satisfy(
      (all: readonly string[]) =>
        [
          /^root-1 … current 0 days since .* until /,
          /^handle-1 … current 0 days since /,
          /^token-1 … accepted 0 days since .* until /,
          /^token-2 … current 0 days since .* from /,
          /^sealing-1 … current/,
          /^intermediate-1 … current .* until /,
          /^push-1 … current/,
          /^federation-1 … current/,
        ].every((form, n) => form.test(all[n] ?? '')) && all.length === 8,
      out,
    )
    const json = (await at.cli('keys', 'list', '--json')).out
    const secrets = [
      ...at.bundle().matchAll(/"(?:privateKey|key|tokenKey|handleKey|intermediatePrivateKey)": "([^"]+)"/g),
    ]
    expect(secrets).to.have.length(6)
    for (const [, secret] of secrets) expect(json + out).not.to.include(secret)
  })

  it('of tokens: those under the key before it hold until they expire, new ones are under the new key', async () => {
    const alice = await at.house.register()
    await rotate('token')
    expect((await who(alice.token)).status).to.equal(200)
    const later = await at.house.tokenOf(alice.client, alice.key)
    expect((await who(later)).status).to.equal(200)
    expect(await states('token')).to.deep.equal(['accepted', 'current'])
    at.house.pass(16 * 60_000 + 1)
    expect(await states('token')).to.deep.equal(['retired', 'current'])
    await at.restart()
    const again = await at.house.tokenOf(alice.client, alice.key)
    expect((await who(again)).status).to.equal(200)
  })

  it('of tokens that are not to be trusted: what they signed ends at once, and asks for another', async () => {
    const alice = await at.house.register()
    expect((await who(alice.token)).status).to.equal(200)
    await rotate('token', '--at-once')
    const { status, body } = await who(alice.token)
    expect([status, body['code']]).to.deep.equal([401, 'token-expired'])
    const again = await at.house.tokenOf(alice.client, alice.key)
    expect((await who(again)).status).to.equal(200)
    expect(await states('token')).to.deep.equal(['retired', 'current'])
  })

  it('of intermediates: the next one signs, and certificates of the one before are verified', async () => {
    const alice = await at.house.register()
    await rotate('intermediate')
    const bob = await at.house.register()
    expect(bob.certificates[1]).not.to.deep.equal(alice.certificates[1])
    const { body } = await at.house.ask(undefined, 'GET', '/v1/authority')
    expect(body['intermediates']).to.deep.equal(
      [alice, bob].map(({ certificates }) => Buffer.from(certificates[1]!).toString('base64url')),
    )
    expect(await states('intermediate')).to.deep.equal(['accepted', 'current'])
  })

  it('of sealing and of pushes: clients are told the next one', async () => {
    const told = async () => [
      (await at.house.ask(undefined, 'GET', '/v1/queueKey')).body['keyId'],
      ((await at.house.ask(undefined, 'GET', '/.well-known/mls-homeserver')).body['push'] as { vapidKey: string })
        .vapidKey,
    ]
    const before = await told()
    await rotate('sealing')
    await rotate('push')
    const after = await told()
    expect(after[0]).not.to.equal(before[0])
    expect(after[1]).not.to.equal(before[1])
    await at.restart()
    expect(await told()).to.deep.equal(after)
    expect([await states('sealing'), await states('push')]).to.deep.equal([
      ['accepted', 'current'],
      ['accepted', 'current'],
    ])
  })

  it('are used once they are named, and prepared by themselves; what a crash left prepared is taken up', async () => {
    const prepared = JSON.parse((await at.cli('keys', 'prepare', 'token', '--json')).out) as { readonly key: string }
    expect(await states('token')).to.deep.equal(['current', 'prepared'])
    await at.restart()
    await rotate('token')
    const { keys } = await listed()
    expect(keys.filter(({ name }) => name.startsWith('token-')).map(({ key, state }) => [key, state])[1]).to.deep.equal(
      [prepared.key, 'current'],
    )
    expect(readdirSync(join(directory.path, 'data', 'keys', 'server')).toSorted()).to.deep.equal([
      'bundle.json',
      'root.key',
    ])
  })

  it('are on record with who and why, and as a fact that names key and bundle', async () => {
    await rotate('push')
    const events = await at.house.events()
    const [acted, rotated] = events.slice(-2)
    const { bundle, keys } = await listed()
    const key = keys.find(({ name }) => name === 'push-2')!.key
    expect([acted?.type, rotated?.type]).to.deep.equal(['OperatorActed', 'KeyRotated'])
    expect(acted?.data).to.deep.include({ why: 'yearly' })
    expect(rotated?.data).to.deep.include({ kind: 'push', key, bundle })
  })

  it('of handles never rotate, those of other servers and the root otherwise', async () => {
    for (const [kind, words] of [
      ['handle', /the handle key never rotates/],
      ['federation', /keys federation/],
      ['root', /keys root successor/],
      ['bread', /KIND is one of token, sealing, intermediate, push/],
    ] as const) {
      const { code, said } = await at.cli('keys', 'rotate', kind, ...why)
      expect([code, said]).to.satisfy(([ended, text]: [number, string]) => ended === 64 && words.test(text), kind)
    }
    const body = { kind: 'handle', key: 'A'.repeat(43), bundle: 'A'.repeat(43), why: 'one' }
    const refused = await at.house.ask(operator, 'POST', '/v1/operator/keys/rotations', { json: body })
    expect([refused.status, refused.body['detail']]).to.deep.equal([
      400,
      'body.kind: the handle key never rotates: it names the streams of handles and queues',
    ])
  })

  it('that are not prepared, or were used before, are not named', async () => {
    const named = async (key: string) => {
      const { bundle } = await listed()
      const json = { kind: 'token', key, bundle, why: 'one' }
      const { status, body } = await at.house.ask(operator, 'POST', '/v1/operator/keys/rotations', { json })
      return [status, body['code']]
    }
    const [first] = (await listed()).keys.filter(({ name }) => name === 'token-1')
    expect(await named(first!.key)).to.deep.equal([409, 'key-not-prepared'])
    expect(await named('A'.repeat(43))).to.deep.equal([409, 'key-not-prepared'])
  })

  it('that the log names and a process lacks: it is not ready, signs nothing, and does not start', async () => {
    const alice = await at.house.register()
    const before = at.bundle()
    await rotate('token')
    await rotate('sealing')
    const after = at.bundle()
    at.putBack(before)
    await at.looked(async () => (await at.ready()).status === 503)
    expect((await at.ready()).reasons.filter((reason) => reason.startsWith('KEYS_DIR lacks'))).to.have.length(2)
    const assertion = await at.house.assertionOf(alice.client, alice.key)
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const asked = await at.house.ask(undefined, 'POST', '/v1/token', { json: { grant_type, assertion } })
    expect([asked.status, asked.body['code']]).to.deep.equal([503, 'store-unavailable'])
    expect((await at.house.ask(undefined, 'GET', '/v1/queueKey')).status).to.equal(503)
    expect((await at.cli('keys', 'list')).code).to.equal(1)
    at.putBack(after)
    await at.looked(async () => (await at.ready()).status === 200)
    expect((await who(await at.house.tokenOf(alice.client, alice.key))).status).to.equal(200)

    await at.house.close()
    at.putBack(before)
    const settings = { DATA_DIR: join(directory.path, 'data'), OPERATOR_TOKEN: operator.token }
    const refusal = await composeServer(settings).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refusal).to.include({ exitCode: 78 })
    expect(String(refusal)).to.match(/KEYS_DIR lacks the token key [\w-]{43} of bundle [\w-]{43}, which the log names/)
  })

  it('that are lost are done without, where no server runs', async () => {
    const alice = await at.house.register()
    const before = at.bundle()
    await rotate('token')
    await at.house.close()
    at.putBack(before)
    const { code, out, said } = await at.cli('keys', 'rotate', 'token', '--at-once')
    expect(code, said).to.equal(0)
    expect(out).to.match(/^token [\w-]{43} from /)
    await at.restart()
    expect((await at.ready()).status).to.equal(200)
    expect((await who(await at.house.tokenOf(alice.client, alice.key))).status).to.equal(200)
  })

  it('of another server in their place are not read', async () => {
    const before = at.bundle()
    const other = JSON.parse(before) as Record<string, unknown>
    at.putBack(JSON.stringify({ ...other, tokenKey: 'A'.repeat(43) }))
    const { keys } = JSON.parse(
      Buffer.from((await at.house.ask(operator, 'GET', '/v1/operator/keys')).bytes).toString(),
    ) as Partial<Shown>
    expect(keys).to.equal(undefined)
    at.putBack(before)
    expect((await listed()).keys).to.have.length(7)
  })

  it('are for admins', async () => {
    const { out } = await at.cli('operators', 'add', 'watch', 'operate', '--why', 'one')
    const token = out.replace('operator-token ', '')
    expect((await at.house.ask({ token }, 'GET', '/v1/operator/keys')).status).to.equal(403)
  })

  it('of the root: its successor is stated by it, and takes its place with the next intermediate', async () => {
    const alice = await at.house.register()
    const next = join(directory.path, 'next')
    const made = await at.cli('keys', 'root', 'successor', next, '--json')
    expect(made.code, made.said).to.equal(0)
    const files = JSON.parse(made.out) as { readonly statement: string; readonly key: string }
    const before = (await at.house.ask(undefined, 'GET', '/v1/authority')).body
    await rotate('intermediate', '--successor', files.statement, '--root-key', files.key)
    const after = (await at.house.ask(undefined, 'GET', '/v1/authority')).body
    const statement = JSON.parse(readFileSync(files.statement, 'utf8')) as {
      from: string
      to: string
      signature: string
    }
    expect([statement.from, statement.to]).to.deep.equal([before['root'], after['root']])
    const { from, to, signature } = statement
    expect(after['statements']).to.deep.equal([{ from, to, signature }])
    expect(await states('root')).to.deep.equal(['accepted', 'current'])
    await at.restart()
    // A certificate under the old root is still one of this server's: another client is approved by it.
    await at.house.link(alice)
    const wrong = await at.cli('keys', 'rotate', 'intermediate', ...why)
    expect([wrong.code, wrong.said]).to.satisfy(
      ([code, text]: [number, string]) => code === 78 && text.includes('not the private key of the root'),
    )
  })
})
