/** A backup of a busy server with its log in EventStoreDB, blobs and read models in MongoDB and assets in S3, and its restore into the same kinds. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { spawnTestServer } from '../adapters/eventStoreDB/server/spawn.js'
import type { ServerProcess } from '../adapters/eventStoreDB/server/spawn.js'
import { runHere } from '../cli/runHere.js'
import { groupAt, groupOf, inStep, openHouse } from '../scenarios/house.js'
import type { House, Player } from '../scenarios/house.js'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'
import { startMongod } from './mongod.js'
import type { Mongod } from './mongod.js'
import { freshBucket } from './s3.js'

const { MONGOD, S3_ENDPOINT } = process.env
type Settings = Readonly<Record<string, string>>

/** Of several parts. */
const picture = randomBytes(5_000_000)
const song = randomBytes(10_000)

describe('A backup of stores that are servers', function () {
  this.timeout(180_000)
  let place: string
  let mongod: Mongod
  let house: House
  let source: Settings
  let restored: RunningServer | undefined
  const logs: ServerProcess[] = []
  before(async function () {
    if (MONGOD === undefined || S3_ENDPOINT === undefined) {
      console.log('    skipped: MONGOD and S3_ENDPOINT are not both set (npm run test:stores sets them)')
      return this.skip()
    }
    place = await mkdtemp(join(tmpdir(), 'homeserver-places-'))
    mongod = await startMongod(MONGOD)
    source = await stores('source')
    expect((await runHere(['keys', 'init'], source)).code).to.equal(0)
    house = await openHouse(source)
  })
  after(async () => {
    if (MONGOD === undefined || S3_ENDPOINT === undefined) return
    await house.close()
    await restored?.stop()
    for (const log of logs) await log.kill()
    await mongod.remove()
    await rm(place, { recursive: true, force: true })
  })

  const at = (name: string): string => join(place, name)
  /** A log, a database and a bucket that nobody else uses. */
  const stores = async (name: string): Promise<Settings> => {
    const log = await spawnTestServer({ file: at(`${name}.log`) })
    logs.push(log)
    const { bucket, endpoint = '', credentials } = await freshBucket(S3_ENDPOINT ?? '')
    return {
      EVENTSTORE_URL: log.url,
      MONGODB_URL: mongod.url.replace('/?', `/${name}?`),
      ...{ S3_BUCKET: bucket, S3_ENDPOINT: endpoint, S3_ACCESS_KEY_ID: credentials?.accessKeyId ?? '' },
      S3_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
      ...{ KEYS_DIR: at(`${name}-keys`), DATA_DIR: at(name) },
    }
  }
  const homeserver = async (settings: Settings, ...words: readonly string[]): Promise<string> => {
    const { code, out, said } = await runHere(words, settings)
    expect(code, said).to.equal(0)
    return out === '' ? said : out
  }
  const filesOf = ({ events }: Player) => events.flatMap((event) => (event.type === 'message' ? event.attachments : []))

  it('comes back whole: the same digest, files, blobs and people, but for who was erased since', async () => {
    const [alice, bob, carol] = [
      await house.register('alice'),
      await house.register('bob'),
      await house.register('carol'),
    ]
    const group = await groupOf(alice, bob, carol)
    await group.setProfile('lies in a blob')
    await group.sendFile(new Blob([picture]), { name: 'picture' })
    const over = new AbortController()
    const sending = (async () => {
      for (let n = 0; !over.signal.aborted; n++) await group.send(`message ${n}`)
    })()
    await homeserver(source, 'backup', at('monday'))
    await group.sendFile(new Blob([song]), { name: 'song' })
    const taken = await homeserver(source, 'backup', at('tuesday'), '--onto', at('monday'), '--json')
    const { log, counts } = JSON.parse(taken) as {
      readonly log: { readonly digest: string; readonly to: number }
      readonly counts: { readonly assets: number }
    }
    expect(counts.assets).to.equal(1)
    over.abort()
    await sending
    const digestOf = async (settings: Settings, until: string): Promise<string | undefined> =>
      (await homeserver(settings, 'events', 'verify', '--digest', '--until', until)).split('\n')[0]
    expect(await digestOf(source, String(log.to))).to.equal(`digest ${log.digest} up to ${log.to}`)
    await carol.client.deleteAccount()
    while ((await homeserver(source, 'erasures', 'list', '--json')) === '')
      await new Promise((resolve) => setTimeout(resolve, 50))
    await homeserver(source, 'erasures', 'export', at('erasures.jsonl'))

    const target = await stores('target')
    const said = (await runHere(['restore', at('tuesday'), '--erasures', at('erasures.jsonl')], target)).said
    const upTo = /^digest (\S+) up to (\d+)$/m.exec(said)
    expect(upTo?.[1], said).to.equal(log.digest)
    expect(said).to.include('1 who were erased since are deleted again')
    expect(await digestOf(target, upTo?.[2] ?? '')).to.equal(upTo?.[0])
    const { port } = new URL(house.server.url)
    await house.server.stop()
    restored = await startServer({ ...target, PORT: port })
    await alice.untilEvent('resynced')
    await bob.untilEvent('resynced')
    await inStep(alice, bob, group)
    await groupAt(bob, group).send('after the restore')
    await alice.untilText('after the restore')
    expect(await alice.client.findUser(bob.handle)).to.equal(bob.client.user)
    expect(await alice.client.findUser(carol.handle)).to.equal(undefined)
    expect(Buffer.from((await group.profile())?.data ?? []).toString()).to.equal('lies in a blob')
    for (const [name, bytes] of [
      ['picture', picture],
      ['song', song],
    ] as const) {
      const file = await bob.until(() => filesOf(bob).find((one) => one.name === name))
      expect(bytes.equals(await file.download().bytes()), name).to.equal(true)
    }
    expect((await runHere(['doctor'], { ...target, PORT: '0' })).code).to.equal(0)
  })
})
