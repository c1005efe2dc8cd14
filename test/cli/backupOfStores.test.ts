/** A backup of a server whose log is on EventStoreDB, taken under load, restored there and into a directory: the same log each time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { spawnTestServer } from '../adapters/eventStoreDB/server/spawn.js'
import type { ServerProcess } from '../adapters/eventStoreDB/server/spawn.js'
import { groupOf, openHouse } from '../scenarios/house.js'
import type { House } from '../scenarios/house.js'
import { startServer } from '../support/startServer.js'
import { runHere } from './runHere.js'

describe('A backup of a log on EventStoreDB', () => {
  let place: string
  let house: House
  let KEYS_DIR: string
  const stores: ServerProcess[] = []
  const store = async (): Promise<string> => {
    const started = await spawnTestServer({ file: join(place, `log-${stores.length}`) })
    stores.push(started)
    return started.url
  }
  const at = (name: string): string => join(place, name)

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'homeserver-backup-'))
    KEYS_DIR = at('keys')
    expect((await runHere(['keys', 'init'], { KEYS_DIR })).code).to.equal(0)
    house = await openHouse({ EVENTSTORE_URL: await store(), KEYS_DIR, DATA_DIR: at('data') })
  })
  after(async () => {
    await house.close()
    for (const store of stores) await store.kill()
    await rm(place, { recursive: true, force: true })
  })

  it('and what came since have the digests of the log while it is written, and so have logs made of them', async () => {
    const source = { EVENTSTORE_URL: stores[0]!.url, KEYS_DIR, DATA_DIR: at('data') }
    const [alice, bob] = [await house.register('alice'), await house.register('bob')]
    const group = await groupOf(alice, bob)
    await group.sendFile(new Blob(['a file']), { name: 'file' })
    const over = new AbortController()
    const sending = (async () => {
      for (let n = 0; !over.signal.aborted; n++) await group.send(`message ${n}`)
    })()
    const whole = await runHere(['backup', at('monday')], source)
    const more = await runHere(['backup', at('tuesday'), '--onto', at('monday'), '--json'], source)
    over.abort()
    await sending
    expect([whole.code, more.code], whole.said + more.said).to.deep.equal([0, 0])
    const { log } = JSON.parse(more.out) as { readonly log: { readonly to: number; readonly digest: string } }
    const digestOf = async (settings: Readonly<Record<string, string>>, until: string): Promise<string | undefined> =>
      (await runHere(['events', 'verify', '--digest', '--until', until], settings)).out.split('\n')[0]
    expect(await digestOf(source, String(log.to))).to.equal(`digest ${log.digest} up to ${log.to}`)

    const fresh = { EVENTSTORE_URL: await store(), KEYS_DIR, DATA_DIR: at('fresh') }
    const inFiles = { KEYS_DIR: at('embedded-keys'), DATA_DIR: at('embedded') }
    for (const target of [fresh, inFiles]) {
      const restored = await runHere(['restore', at('tuesday'), '--no-erasures-since'], target)
      expect(restored.code, restored.said).to.equal(0)
      const upTo = /^digest (\S+) up to (\d+)$/m.exec(restored.said)
      expect(upTo?.[1]).to.equal(log.digest)
      expect(await digestOf(target, upTo?.[2] ?? '')).to.equal(upTo?.[0])
    }
    const again = await runHere(['restore', at('tuesday'), '--no-erasures-since'], { ...fresh, DATA_DIR: at('other') })
    expect([again.code, again.said]).to.deep.equal([
      78,
      'homeserver: the log at EVENTSTORE_URL is not empty: restore into a fresh one',
    ])
    const server = await startServer({ ...inFiles })
    while ((await fetch(`${server.url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
    await server.stop()
    expect(await readFile(join(at('monday'), 'log.jsonl'), 'utf8')).to.include('"ServerInitialised"')
  })
})
