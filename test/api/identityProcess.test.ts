import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { eventually } from '../stores/eventually.js'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'
import { makeTestKey } from './testClient.js'
import type { TestKey } from './testClient.js'

type Json = Record<string, unknown>
type Account = { readonly user: string; readonly client: string; readonly key: TestKey; readonly body: Json }

describe('the identity of people in a running server', () => {
  let server: RunningServer
  before(async () => {
    server = await startServer()
  })
  after(() => server.stop())

  const send = async (method: string, path: string, body?: Json, headers: Record<string, string> = {}) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, json: (await response.json()) as Json }
  }
  const begin = async (handle: string): Promise<Account> => {
    const { json } = await send('POST', '/v1/ids', {})
    const { user, client } = json as { user: string; client: string }
    const key = await makeTestKey()
    const csr = Buffer.from(await key.csr([user, client])).toString('base64url')
    return { user, client, key, body: { user, client, handle, csr } }
  }
  const tokenOf = async ({ client, key }: Account): Promise<Record<string, string>> => {
    const exp = Math.floor(Date.now() / 1000) + 30
    const claims = { iss: client, sub: client, aud: `${server.url}/v1/token`, exp, jti: String(Math.random()) }
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await key.sign(claims),
    })
    const response = await fetch(`${server.url}/v1/token`, { method: 'POST', body: form })
    expect(response.status).to.equal(200)
    const { access_token: token } = (await response.json()) as { access_token: string }
    return { authorization: `Bearer ${token}` }
  }
  const register = async (handle: string): Promise<Account> => {
    const account = await begin(handle)
    expect(await send('POST', '/v1/users', account.body)).to.have.property('status', 201)
    return account
  }
  const filesIn = (directory: string): readonly string[] =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))

  it('outlives kill -9: tokens, answers and handles are what they were', async () => {
    const alice = await begin('alice')
    const once = { 'idempotency-key': 'register-alice' }
    const first = await send('POST', '/v1/users', alice.body, once)
    expect(first.status).to.equal(201)
    const bearer = await tokenOf(alice)
    await server.crash()
    await server.restart()
    expect(await send('POST', '/v1/users', alice.body, once)).to.deep.equal(first)
    const me = await send('GET', '/v1/users/me', undefined, bearer)
    expect(me.json).to.include({ user: alice.user, handle: 'alice' })
    const other = await begin('ALICE')
    expect(await send('POST', '/v1/users', other.body)).to.deep.include({ status: 409 })
  })

  it('is gone when the user says so: token, key, handle, and every word about the person', async () => {
    const words = 'zz.verwechslungsfrei'
    const bob = await register(words)
    const subjects = join(server.dataDir, 'keys', 'subjects')
    const before = filesIn(subjects).length
    const bearer = await tokenOf(bob)
    expect(await send('DELETE', '/v1/users/me', undefined, bearer)).to.have.property('status', 200)
    expect(await send('GET', '/v1/users/me', undefined, bearer)).to.have.property('status', 401)
    await eventually('the subject key is erased', () => filesIn(subjects).length === before - 1)
    const next = await register(words)
    expect(await tokenOf(next)).to.have.property('authorization')
    await send('DELETE', '/v1/users/me', undefined, await tokenOf(next))
    await eventually('the subject key is erased', () => filesIn(subjects).length === before - 1)
  })

  it('stands in clear in no file of the log', async () => {
    const { user } = await register('zz.unverkennbar')
    const log = filesIn(server.dataDir).filter((file) => !/readModels|directory/i.test(file))
    expect(log.some((file) => readFileSync(file).includes(user))).to.equal(true)
    for (const file of log) expect(readFileSync(file).includes('unverkennbar'), file).to.equal(false)
  })

  it('of another looks like that of nobody, whatever is asked', async () => {
    const carol = await register('carol')
    const dave = await register('david')
    const headers = await tokenOf(carol)
    await send('PUT', `/v1/blocks/${encodeURIComponent(carol.user)}`, undefined, await tokenOf(dave))
    const { json: nobody } = await send('POST', '/v1/ids', {})
    const ask = async (method: string, path: string, id: unknown, body?: Json) => {
      const { status, json } = await send(method, path.replace('ID', encodeURIComponent(String(id))), body, headers)
      const { requestId: _, ...rest } = json
      return { status, ...rest }
    }
    const asked: readonly (readonly [string, string, 'user' | 'client', Json?])[] = [
      ['GET', '/v1/users/ID/clients', 'user'],
      ['POST', '/v1/users/ID/requests', 'user', { ciphertext: '' }],
      ['POST', '/v1/users/ID/keyPackages/claim', 'user', { cipherSuite: 1 }],
      ['POST', '/v1/clients/ID/keyPackages/claim', 'client', { cipherSuite: 1 }],
      ['DELETE', '/v1/clients/ID', 'client'],
    ]
    for (const [method, path, kind, body] of asked) {
      const other = await ask(method, path, dave[kind], body)
      expect(other.status, path).to.equal(404)
      expect(other, path).to.deep.equal(await ask(method, path, nobody[kind], body))
    }
  })
})
