/** A command that the log has is answered as it was, whatever budget is used up, and takes from none but that of repeats. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { rateDefaults } from '#src/limits/limits.js'
import type { RateName } from '#src/limits/limits.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { Answer } from '../api/groupHouse.js'
import { at } from '../api/groupPeople.js'
import { domain } from '../commands/mlsFixture.js'
import { startServer } from '../support/startServer.js'
import { commandsIn, shownAgain, unrecorded } from './everyCommand.js'
import type { Command } from './everyCommand.js'
import { forgedMessage, forging, founded } from './forgers.js'
import { houseAt, limitsWith, openHouse, operator } from './house.js'
import type { RawOptions, RealHouse } from './house.js'

/** One, and the next one in a thousand hours. */
const one = { burst: 1, everyMs: 3_600_000_000 }
const shown = ({ status, bytes }: Answer): object => ({ status, body: Buffer.from(bytes).toString() })

/** What any command takes from; each of the others is of some commands. */
const general: readonly RateName[] = ['commandsPerClient', 'bytesWrittenPerUser']
const ofSome = (Object.keys(rateDefaults) as RateName[]).filter(
  (name) => !general.includes(name) && !/^(reads|repeats|token|directory|acknowledgements)/.test(name),
)
const budgets = (names: readonly RateName[]): string =>
  limitsWith({
    ...Object.fromEntries(names.map((name) => [name, one])),
    repeatsPerClient: { burst: 1_000, everyMs: 1_000 },
  })

describe('a command that is known', () => {
  let dataDir: string
  let house: RealHouse
  let commands: readonly Command[]
  const firsts = new Map<Command, object>()
  const send = ({ by, method, path }: Command, options: RawOptions, key?: string): Promise<Answer> =>
    house.ask(by, method, path, {
      ...options,
      // The address of an anonymous one is not this machine's, which is not limited.
      headers: { ...options.headers, 'x-forwarded-for': '203.0.113.7' },
      ...(key === undefined ? {} : { key }),
    })

  /** The same server with other budgets, on the same log. */
  const restart = async (LIMITS: string): Promise<void> => {
    const { port } = new URL(house.server.url)
    await house.close()
    const settings = { DOMAIN: domain, TRUSTED_PROXIES: '127.0.0.1', DATA_DIR: dataDir, LIMITS }
    house = await houseAt(await startServer({ ...settings, PORT: port }))
  }

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'homeserver-'))
    house = await openHouse({ DATA_DIR: dataDir, TRUSTED_PROXIES: '127.0.0.1' })
    commands = await commandsIn(house)
    for (const command of commands) {
      const answer = await send(command, command.options, command.name)
      expect(answer.status, `${command.name} ${JSON.stringify(answer.body)}`).to.equal(command.status)
      firsts.set(command, shownAgain(command, answer))
    }
  })
  after(async () => {
    await house.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('is one of every route that is for commands', async () => {
    const { body } = await house.ask(undefined, 'GET', '/openapi.json')
    const paths = body['paths'] as { readonly [path: string]: { readonly [method: string]: object } }
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const writing = routes.filter((route) => /^(POST|PUT|PATCH|DELETE) /.test(route))
    expect([...commands.map(({ route }) => route), ...unrecorded]).to.have.members(writing)
  })

  for (const [which, names] of [
    ['of every command', general],
    ['of some commands', ofSome],
  ] as const) {
    it(`is answered after a restart when the budgets ${which} are used up, and takes nothing from them`, async () => {
      await restart(budgets(names))
      const limited = new Set<string>()
      for (const command of commands) {
        const { name, route, options, other, isLast } = command
        if (isLast) {
          expect((await send(command, options, name)).status, name).to.equal(401)
          continue
        }
        const untouched = await send(command, options, name)
        expect(shown(untouched), name).to.deep.equal(firsts.get(command))
        const standing = untouched.headers.get('ratelimit') ?? '"repeatsPerClient"'
        expect(standing, name).to.match(/^"repeatsPerClient"[^,]*$/)
        const isEmpty = await useUp(command)
        if (!isEmpty) continue
        limited.add(route)
        expect(shown(await send(command, options, name)), name).to.deep.equal(firsts.get(command))
        const refused = await send(command, other, name)
        expect([refused.status, refused.body['code']], name).to.deep.equal([422, 'idempotency-mismatch'])
        expect((await send(command, options, 'another-key')).status, name).to.equal(429)
        if (command.by !== undefined) {
          expect((await send({ ...command, by: undefined }, options, name)).status, name).to.equal(401)
        }
      }
      // Operators have no budgets.
      const all = commands.filter(({ isLast, by }) => !isLast && by !== operator).map(({ route }) => route)
      // A registration is nobody's command yet, and a recovery nobody's any more once the key is spent.
      const nobodys = ['POST /v1/users', 'POST /v1/recovery']
      const expected = names === general ? all.filter((route) => !nobodys.includes(route)) : withRates
      expect([...limited]).to.have.members(expected)
    })
  }

  /** Whether there is a budget that new commands like this one use up. */
  const useUp = async (command: Command): Promise<boolean> => {
    for (let n = 0; n < 3; n++) {
      const { status } = await send(command, command.other)
      if (status === 429) return true
    }
    return false
  }
  const withRates = [
    'POST /v1/users',
    'POST /v1/recovery',
    'POST /v1/users/{user}/requests',
    'POST /v1/queues',
    'POST /v1/keyPackages',
    'POST /v1/clients/{client}/keyPackages/claim',
    'POST /v1/users/{user}/keyPackages/claim',
    'POST /v1/assets',
    'POST /v1/groups/{group}/messages',
    'POST /v1/groups/{group}/proposals',
    'POST /v1/groups/{group}/commits',
    'POST /v1/groups/{group}/faults',
    'POST /v1/reports',
    'PUT /v1/groups/{group}',
  ]
})

describe('a send that is known', () => {
  let house: RealHouse
  afterEach(() => house.close())

  const say = async (token: string, id: string, group: GroupId, message: Uint8Array): Promise<unknown> => {
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, {
      headers: { authorization: `Bearer ${token}` },
    })
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'send', id, group, message: toBase64url(message) }))
    const [data] = (await once(socket, 'message')) as [Buffer]
    socket.terminate()
    const { position, problem } = JSON.parse(data.toString()) as { position?: string; problem?: { code: string } }
    return position ?? problem?.code
  }

  it('is answered on a websocket too, after a restart, and takes nothing from the budget of sends', async () => {
    house = await openHouse({ LIMITS: limitsWith({ sendsPerClient: one }) })
    const by = forging(house, await house.register())
    const { group } = await founded(house, by)
    const [message, another] = [forgedMessage(group, 0n), forgedMessage(group, 0n)]
    const first = await say(by.token, 'one', group, message)
    expect(await say(by.token, 'two', group, another)).to.equal('rate-limited')
    await house.server.crash()
    await house.server.restart()
    expect(await say(by.token, 'one', group, message), 'with a full budget').to.equal(first)
    expect(await say(by.token, 'two', group, another), 'which is full still').to.match(/\./)
    expect(await say(by.token, 'three', group, another)).to.equal('rate-limited')
    expect(await say(by.token, 'one', group, message), 'with an empty one').to.equal(first)
    expect(await say(by.token, 'one', group, another)).to.equal('idempotency-mismatch')
    await house.server.crash()
    await house.server.restart()
    expect(await say(by.token, 'four', group, another)).to.match(/\./)
    expect(await say(by.token, 'one', group, message), 'with an empty one, when the log alone knows').to.equal(first)
  })

  it('is answered when its epoch is too old by now, and its group gone', async () => {
    house = await openHouse({ LIMITS: limitsWith({}) })
    const by = forging(house, await house.register())
    const { group } = await founded(house, by)
    const mls = forgedMessage(group, 0n)
    const ask = (key: string): Promise<Answer> => house.ask(by, 'POST', at(group, '/messages'), { mls, key })
    const first = await ask('one')
    expect(first.status).to.equal(201)
    expect((await house.ask(by, 'DELETE', at(group))).status).to.equal(200)
    expect(shown(await ask('one'))).to.deep.equal(shown(first))
    expect((await ask('two')).body['code']).to.equal('group-deleted')
  })
})
