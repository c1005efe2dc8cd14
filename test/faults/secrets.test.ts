/** Secrets planted wherever something can be planted: none in the log lines, the metrics, the errors, or the events. */
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { operatorRole } from '#src/events/operatorRole.js'
import { localPart } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import type { Answer } from '../api/groupHouse.js'
import { at } from '../api/groupPeople.js'
import { publishable } from '../commands/mlsFixture.js'
import { eventually } from '../stores/eventually.js'
import { bodyOf, operationsOf, pathOf } from './contract.js'
import type { Schema } from './contract.js'
import { forgedMessage, forging, gathered } from './forgers.js'
import { openHouse } from './house.js'
import type { Bearer, RealHouse, Resident } from './house.js'
import { cliProgram } from '../support/programs.js'

const operatorToken = 'hs_op_PlantedOperatorToken0123456789'
const handles = ['planted.alice', 'planted.bob', 'planted.carol']
const planted = 'PlantedWord-7f3a9c'
const plantedBytes = Buffer.from('planted ciphertext, for nobody else to read')

describe('a secret', () => {
  let house: RealHouse
  let people: readonly Resident[]
  let group: GroupId
  /** Bodies of everything that was refused. */
  const refusals: string[] = []
  before(async () => {
    house = await openHouse({ LOG_LEVEL: 'debug', OPERATOR_TOKEN: operatorToken })
    people = await Promise.all(handles.map((handle) => house.register(handle)))
    await live()
    await attack()
  })
  after(() => house.close())

  const note = (answer: Answer): Answer => {
    if (answer.status >= 400) refusals.push(Buffer.from(answer.bytes).toString())
    return answer
  }
  const ask: RealHouse['ask'] = async (...args) => note(await house.ask(...args))
  const must = async (answer: Promise<Answer>): Promise<Answer> => {
    const given = await answer
    if (given.status >= 300) throw new Error(JSON.stringify(given.body))
    return given
  }

  /** What everybody does all day, with something planted in all of it; and a client that goes, for the reactions. */
  const live = async (): Promise<void> => {
    const [alice, bob, carol] = people.map((one) => forging(house, one))
    const second = forging(house, await house.link(bob!))
    const made = await gathered(house, [alice!, bob!, carol!, second])
    ;({ group } = made)
    const profile = plantedBytes.toString('base64url')
    const put = { json: { profile }, headers: { 'if-match': '"0"' } }
    await must(house.ask(alice, 'PUT', at(group, '/profile'), put))
    await must(house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) }))
    await must(house.ask(alice, 'POST', at(group, '/faults'), { json: { epoch: '1', detail: planted } }))
    const requests = `/v1/users/${encodeURIComponent(bob!.user)}/requests`
    const asked = await must(house.ask(alice, 'POST', requests, { json: { ciphertext: profile } }))
    const accept = `/v1/requests/${String(asked.body['request'])}/accept`
    await must(house.ask(bob, 'POST', accept, { json: { ciphertext: profile } }))
    await must(house.ask(carol, 'PUT', `/v1/blocks/${encodeURIComponent(bob!.user)}`))
    await must(house.ask(alice, 'GET', `/v1/directory?handle=${handles[1]!}`))
    const keyPackages = [Buffer.from(await publishable(house.door.world, bob!, true)).toString('base64url')]
    await must(house.ask(bob, 'POST', '/v1/keyPackages', { json: { keyPackages } }))
    const claim = `/v1/users/${encodeURIComponent(bob!.user)}/keyPackages/claim`
    await must(house.ask(alice, 'POST', claim, { json: { cipherSuite: 1 } }))
    for (const { queue, queueToken, directQueue, token } of [alice!, bob!, carol!]) {
      for (const [name, bearer] of [
        [queue, queueToken],
        [directQueue, token],
      ] as const) {
        const path = `/v1/queues/${encodeURIComponent(name)}`
        const { body } = await must(house.ask({ token: bearer }, 'GET', `${path}/items`))
        await must(house.ask({ token: bearer }, 'POST', `${path}/acknowledgements`, { json: { upTo: body['next'] } }))
      }
    }
    await must(house.ask(bob, 'DELETE', `/v1/clients/${encodeURIComponent(second.client)}`))
    await eventually('the removal that follows', async () =>
      (await house.events()).some(({ type }) => type === 'RemovalRequired'),
    )
    await must(house.ask(carol, 'DELETE', '/v1/users/me'))
  }

  /** The planted word, and every secret there is, in every field of every route, and where tokens are expected. */
  const attack = async (): Promise<void> => {
    const [alice] = people as readonly [Resident]
    const secrets = [planted, alice.token, operatorToken, handles[1]!]
    const samples = { group, user: alice.user, client: alice.client, queue: alice.queue, request: planted }
    const fieldsOf = ({ properties = {} }: Schema): string[] => Object.keys(properties)
    for (const operation of await operationsOf(house.server.url)) {
      // Needs no more than a token, and would be granted.
      if (operation.method === 'DELETE' && operation.path === '/v1/users/me') continue
      const { method, body: schema, params, access } = operation
      const byRole = Object.fromEntries(operatorRole.options.map((role) => [role, { token: operatorToken }]))
      const bearers = { client: alice, ...byRole } as Partial<Record<typeof access, Bearer>>
      const by = access === 'anonymous' ? undefined : (bearers[access] ?? { token: alice.queueToken })
      const json = schema === undefined ? {} : { json: { ...bodyOf(schema, samples), [planted]: planted } }
      for (const secret of secrets) {
        for (const param of params.filter((name) => name !== 'request')) {
          await ask(by, method, pathOf(operation, { ...samples, [param]: secret }), json)
        }
        await ask(by, method, `${pathOf(operation, samples)}?${planted}=${secret}`, json)
        await ask(by, method, `${pathOf(operation, samples)}?after=${secret}`, json)
        await ask(by, method, `${pathOf(operation, samples)}?atLeast=${secret}`, json)
        if (access !== 'anonymous') await ask({ token: secret.slice(1) }, method, pathOf(operation, samples), json)
        if (schema === undefined) continue
        for (const field of fieldsOf(schema)) {
          const base = bodyOf(schema, samples)
          const values = secret === planted ? [[secret], { [secret]: secret }, `${secret}!`] : [`${secret}!`]
          for (const value of values) {
            // A text that is let through is no refusal: what it is kept as is looked at in the export.
            await ask(by, method, pathOf(operation, samples), { json: { ...base, [planted]: 1, [field]: value } })
          }
        }
      }
    }
    for (const text of [`{"handle":"${planted}`, `{${planted}}`, `["${alice.token}"]`]) {
      await ask(undefined, 'POST', '/v1/users', { text })
      await ask(undefined, 'POST', '/v1/users', { text, media: `text/${planted}` })
    }
    const assertion = await house.assertionOf(alice.client, people[1]!.key, { [planted]: planted })
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    await ask(undefined, 'POST', '/v1/token', { json: { grant_type, assertion } })
    await ask(undefined, 'POST', '/v1/token', { json: { grant_type: planted, assertion } })
    await speak(alice)
  }

  const speak = async ({ token, queue }: Resident): Promise<void> => {
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, ['mls-homeserver.1'], {
      headers: { authorization: `Bearer ${token}` },
    })
    socket.on('message', (data: Buffer) => refusals.push(data.toString()))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send(planted)
    socket.send(JSON.stringify({ type: planted }))
    socket.send(JSON.stringify({ type: 'open', [planted]: planted }))
    socket.send(JSON.stringify({ type: 'send', id: planted, group, message: plantedBytes.toString('base64url') }))
    socket.send(JSON.stringify({ type: 'acknowledge', queue, upTo: planted }))
    socket.send(JSON.stringify({ type: 'token', token: `${operatorToken}x` }))
    await closed
  }

  const secretsOf = (): readonly string[] => [
    planted,
    operatorToken,
    ...handles,
    plantedBytes.toString(),
    plantedBytes.toString('base64url'),
    ...people.flatMap(({ token, queueToken }) => [token, queueToken]),
  ]
  const holdsNone = (text: string, what: string, secrets = secretsOf()): void => {
    for (const secret of secrets) {
      const found = text.toLowerCase().indexOf(secret.toLowerCase())
      expect(found, `${what}: ${text.slice(Math.max(0, found - 200), found + 100)}`).to.equal(-1)
    }
  }

  it('stands in no error', () => {
    expect(refusals.length).to.be.greaterThan(300)
    for (const refusal of refusals) {
      // The id of a send comes back to whoever made it up, and so does the name of a server that was to be asked.
      const answer = refusal.replace(`"id":"${planted}"`, '').replace(`"domain":"${handles[1] ?? ''}"`, '')
      holdsNone(answer, 'an error')
      expect(refusal.length).to.be.lessThan(1_000)
    }
  })

  it('stands in no log line, not even of level debug', () => {
    holdsNone(house.server.log(), 'the log')
    holdsNone(
      house.server.log(),
      'the log',
      people.flatMap(({ queue }) => [queue, localPart(queue)]),
    )
  })

  it('stands in no metric, and neither does an id', async () => {
    const metrics = await (await fetch(`${house.server.url}/metrics`)).text()
    expect(metrics).to.contain('mls_homeserver_http_request_seconds')
    holdsNone(metrics, 'the metrics')
    expect(metrics).to.not.contain('mimi:')
    const routes = new Set([...metrics.matchAll(/route="([^"]*)"/g)].map(([, route]) => route))
    const known = new Set((await operationsOf(house.server.url)).map(({ path }) => path))
    expect([...routes].filter((route) => route !== 'none' && !known.has(route!))).to.deep.equal([])
  })

  it('is not told by a log line that names a person beside a group', () => {
    const names = (line: string, ids: readonly string[]): boolean =>
      ids.some((id) => line.includes(localPart(id as never)))
    const persons = people.flatMap(({ user, client, directQueue }) => [user, client, directQueue])
    const lines = house.server.log().split('\n')
    for (const line of lines) expect(names(line, persons) && names(line, [group]), line).to.equal(false)
  })

  it('stands in no event of an export: no handle in clear, and no queue beside whose it is', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [cliProgram, 'events', 'export'], {
      env: { ...process.env, DATA_DIR: house.server.dataDir, DOMAIN: 'example.org' },
      maxBuffer: 100_000_000,
    })
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).to.be.greaterThan(30)
    holdsNone(stdout, 'the export', [...handles, operatorToken, ...people.map(({ token }) => token)])
    for (const line of lines) {
      const named = people.filter(({ queue }) => line.includes(localPart(queue)))
      if (named.length === 0) continue
      const { type } = JSON.parse(line) as StoredEvent
      expect(['QueueCreated', 'QueueDeleted', 'QueuesAcknowledged'], line).to.include(type)
      // That of a second: whoever was there in it stands beside everybody else, in no order.
      if (type === 'QueuesAcknowledged') continue
      for (const { user, client, directQueue } of people) {
        for (const id of [user, client, directQueue])
          expect(line, `${type} joins a queue and ${id}`).to.not.contain(localPart(id))
      }
    }
  })
})
