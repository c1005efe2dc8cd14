/** Two homeserver processes on one EventStoreDB and one MongoDB: what one does holds in the other, and either may die. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type Client, type ClientEvent, createAccount, type Group, memoryStore, openClient } from '#src/client/index.js'
import type { Store } from '#src/client/index.js'
import { copyOf } from '../scenarios/house.js'
import { type Cluster, startCluster } from '../support/startCluster.js'
import { startServer } from '../support/startServer.js'
import { eventually } from './eventually.js'

const checks = join(dirname(fileURLToPath(import.meta.url)), '..')
const { MONGOD } = process.env
const operatorToken = 'hs_op_OperatorOfTheCluster0123456789'

/** A connected client that keeps what it hears. */
type Person = {
  readonly client: Client
  readonly store: Store
  readonly heard: ClientEvent[]
  readonly texts: () => string[]
}

describe('two homeserver processes', function () {
  this.timeout(400_000)
  let cluster: Cluster
  const people: Person[] = []

  before(async function () {
    if (MONGOD === undefined) {
      console.log('    skipped: MONGOD names no mongod (npm run test:stores finds one)')
      this.skip()
    }
    cluster = await startCluster(MONGOD, { OPERATOR_TOKEN: operatorToken })
  })
  after(async () => {
    for (const { client } of people) await client.close()
    if (MONGOD !== undefined) await cluster.stop()
  })

  const one = (): string => cluster.processes[0].url
  const two = (): string => cluster.processes[1].url

  const listen = (client: Client, store: Store): Person => {
    const heard: ClientEvent[] = []
    const listening = async (): Promise<void> => {
      for await (const event of client.events()) heard.push(event)
    }
    listening().catch(() => undefined)
    const texts = (): string[] => heard.flatMap((event) => (event.type === 'message' ? [event.text] : []))
    const person = { client, store, heard, texts }
    people.push(person)
    return person
  }
  const register = async (name: string, server: string | readonly string[]): Promise<Person> => {
    const store = memoryStore()
    const handle = `${name}-${randomBytes(4).toString('hex')}`
    const client = await createAccount({ server, store, handle })
    await client.connect()
    return listen(client, store)
  }
  const groupOf = async (creator: Person, ...others: readonly Person[]): Promise<Group> => {
    const group = await creator.client.createGroup()
    await group.invite(...others.map(({ client }) => client.user))
    for (const { client } of others) {
      await eventually('everybody joined', () => client.groups().some(({ id }) => id === group.id))
    }
    return group
  }
  const at = ({ client }: Person, { id }: Group): Group => client.group(id)

  it('let people chat who are connected to different ones', async () => {
    const [alice, bob] = [await register('alice', one()), await register('bob', two())]
    const group = await groupOf(alice, bob)
    await group.send('from one')
    await eventually('bob reads', () => bob.texts().includes('from one'))
    await at(bob, group).send('from two')
    await eventually('alice reads', () => alice.texts().includes('from two'))
  })

  it('tell each other signals, and show a targeted message to whom it is for', async () => {
    const [alice, bob] = [await register('alice', one()), await register('bob', two())]
    const carol = await register('carol', two())
    const group = await groupOf(alice, bob, carol)
    const signalled = ({ heard }: Person): boolean => heard.some(({ type }) => type === 'signal')
    // Each process looks every second who else there is.
    await eventually('bob hears alice', async () => {
      await group.signal('typing')
      return signalled(bob) && signalled(carol)
    })
    expect(signalled(alice)).to.equal(false)
    await group.send('for bob', { to: [bob.client.user] })
    await group.send('for both')
    await eventually('both read', () => [bob, carol].every(({ texts }) => texts().includes('for both')))
    expect([bob.texts(), carol.texts()]).to.deep.equal([['for bob', 'for both'], ['for both']])
  })

  it('hold what an operator says at either: limits, and that nothing is written', async () => {
    const say = async (path: string, json: object): Promise<void> => {
      const { status } = await fetch(`${one()}/v1/operator/${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...json, why: 'tried' }),
      })
      expect(status).to.equal(200)
    }
    const discovered = async (): Promise<{ readonly maintenance: boolean; readonly limits: object }> =>
      (await (await fetch(`${two()}/.well-known/mls-homeserver`)).json()) as never
    await say('limits/usersBlockedMax', { value: 77 })
    const isSet = async (): Promise<boolean> =>
      ((await discovered()).limits as { readonly usersBlockedMax: number }).usersBlockedMax === 77
    await eventually('the limit is that of the other', isSet)
    const asked = async (): Promise<number> => (await fetch(`${two()}/v1/ids`, { method: 'POST' })).status
    await say('maintenance', { maintenance: true })
    await eventually('nothing is written at the other', async () => (await asked()) === 503)
    expect((await discovered()).maintenance).to.equal(true)
    await say('maintenance', { maintenance: false })
    await eventually('it is written again', async () => (await asked()) !== 503)
  })

  it('have one winner for each epoch, wherever it was committed', async () => {
    const [alice, bob] = [await register('alice', one()), await register('bob', two())]
    const group = await groupOf(alice, bob)
    const before = group.epoch()
    for (let round = 0; round < 5; round++) await Promise.all([group.update(), at(bob, group).update()])
    const reached = (): boolean => group.epoch() === before + 10n && at(bob, group).epoch() === before + 10n
    await eventually('ten epochs later, both', reached)
  })

  it('refuse at once whom the other has removed', async () => {
    const [alice, bob] = [await register('alice', one()), await register('bob', two())]
    const group = await groupOf(alice, bob)
    await group.remove(bob.client.user)
    const refused = await at(bob, group)
      .send('still here?')
      .then(
        () => 'sent',
        (error: unknown) => (error instanceof Error ? error.name + error.message : 'refused'),
      )
    expect(refused).to.not.equal('sent')
    expect(alice.texts()).to.deep.equal([])
  })

  it('let the newest consumer of a queue displace the one at the other', async () => {
    const alice = await register('alice', one())
    const again = await openClient({ server: two(), store: await copyOf(alice.store) })
    await again.connect()
    const displaced = (): boolean => alice.heard.some(({ type }) => type === 'displaced')
    await eventually('the older one is told', displaced)
    await again.close()
  })

  it('go on alone when the other is killed, and nothing is lost or said twice', async () => {
    const both = [one(), two()]
    const [alice, bob] = [await register('alice', both), await register('bob', both.toReversed())]
    const group = await groupOf(alice, bob)
    const said: string[] = []
    const say = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        said.push(`message ${said.length}`)
        await group.send(said.at(-1) ?? '')
      }
    }
    for (const process of cluster.processes) {
      await say(5)
      const saying = say(20)
      await process.crash()
      await saying
      await eventually('bob has all of it', () => bob.texts().length >= said.length)
      await process.restart()
    }
    await say(3)
    await eventually('bob has the rest', () => bob.texts().length >= said.length)
    expect(bob.texts()).to.deep.equal(said)
  })

  const readiness = async (url: string): Promise<number> => (await fetch(`${url}/readyz`)).status

  it('answer 503 while the log is away, and recover by themselves', async () => {
    const alice = await register('alice', one())
    await cluster.log.kill()
    await eventually('it is not ready', async () => (await readiness(one())) === 503)
    const answers = watchAnswers()
    const making = alice.client.createGroup()
    await eventually('it says so', () => answers.seen.includes('503 1'))
    await cluster.log.start()
    for (const url of [one(), two()]) await eventually('it is ready again', async () => (await readiness(url)) === 200)
    await (await making).send('made once the log was back')
    answers.stop()
  })

  it('wait for MongoDB when it is killed, and go on when it is back', async () => {
    const [alice, bob] = [await register('alice', one()), await register('bob', two())]
    const group = await groupOf(alice, bob)
    await cluster.mongod.kill()
    await eventually('it is not ready', async () => (await readiness(one())) === 503)
    await cluster.mongod.start()
    for (const url of [one(), two()]) await eventually('it is ready again', async () => (await readiness(url)) === 200)
    await group.send('after the pause')
    await eventually('bob reads', () => bob.texts().includes('after the pause'))
  })

  it('are both needed by the demo, one of them killed on the way', async () => {
    const [first, second] = cluster.processes
    const demo = join(checks, '../demo/main.js')
    const args = [demo, '--server', first.url, '--server', second.url, '--kill', String(second.pid)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code, output.slice(-2_000)).to.equal(0)
    await second.restart()
  })

  const startedWith = (settings: Record<string, string>): Promise<string> =>
    startServer({ ...cluster.settings, STORE_WAIT_S: '1', ...settings }).then(
      async (server) => {
        await server.stop()
        return 'started'
      },
      (error: unknown) => String(error),
    )

  it('say in one line why they do not start', async () => {
    expect(await startedWith({ KEYS_DIR: '/nonexistent/keys' })).to.match(/ended with 78.*\n.*KEYS_DIR/)
    expect(await startedWith({ EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false' })).to.match(
      /ended with 69[^]*unreachable/,
    )
    expect(await startedWith({ MONGODB_URL: 'mongodb://127.0.0.1:1' })).to.match(/ended with 69[^]*cannot be reached/)
    expect(await startedWith({ DOMAIN: 'other.example' })).to.match(/ended with 78[^]*DOMAIN/)
  })
})

/** The statuses that this process is answered, each with its Retry-After. */
const watchAnswers = (): { readonly seen: string[]; readonly stop: () => void } => {
  const seen: string[] = []
  const real = globalThis.fetch
  globalThis.fetch = async (...asked) => {
    const response = await real(...asked)
    seen.push(`${response.status} ${response.headers.get('retry-after') ?? ''}`.trim())
    return response
  }
  return {
    seen,
    stop: () => {
      globalThis.fetch = real
    },
  }
}
