/** How a process ends: at every signal alike, at any moment, whoever reads what it says, whatever does not let go. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { spawnTestServer } from '../adapters/eventStoreDB/server/spawn.js'
import { runServer } from './serverRun.js'

describe('a server process', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'homeserver-life-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))
  const fresh = (more: Record<string, string> = {}) => ({ DATA_DIR: join(directory, 'data'), PORT: '0', ...more })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`ends with 0 at ${signal}, while it serves and while it starts`, async () => {
      const serving = runServer(fresh())
      await serving.ready()
      expect(await serving.stop(signal)).to.equal(0)
      expect(existsSync(join(directory, 'data', 'ready.json'))).to.equal(false)
      const starting = runServer(fresh({ EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false', STORE_WAIT_S: '600' }))
      await starting.said((text) => text.includes('waiting for a store'))
      expect(await starting.stop(signal)).to.equal(0)
    })
  }

  it('serves and ends with 0 where nobody reads what it says', async () => {
    const run = runServer(fresh({ LOG_LEVEL: 'debug', HOST: '0.0.0.0' }), { unread: true })
    const url = await urlOf(join(directory, 'data', 'ready.json'))
    const { port } = new URL(url)
    for (let n = 0; n < 3; n++) expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).to.equal(200)
    expect(await run.stop('SIGHUP')).to.equal(0)
  })

  it('ends a command with 74 where nobody reads its lines', async () => {
    const first = runServer(fresh())
    await first.ready()
    await first.stop()
    const run = runServer(fresh(), { program: 'cli', args: ['events', 'export'], unread: true })
    expect(await run.ended).to.equal(74)
  })

  it('ends with 0 also when the client of the event store never lets go', async () => {
    const store = await spawnTestServer()
    const held = join(directory, 'held.mjs')
    const driver = JSON.stringify(import.meta.resolve('@eventstore/db-client'))
    const never = '{ get: () => () => new Promise(() => undefined), set: () => undefined }'
    const hold = `Object.defineProperty(driver.EventStoreDBClient.prototype, 'dispose', ${never})`
    await writeFile(held, `import driver from ${driver}\n${hold}\n`)
    const settings = fresh({ EVENTSTORE_URL: store.url, KEYS_DIR: join(directory, 'keys') })
    try {
      expect(await runServer(settings, { program: 'cli', args: ['keys', 'init'] }).ended).to.equal(0)
      const run = runServer(settings, { node: ['--import', held] })
      await run.ready()
      expect(await run.stop()).to.equal(0)
      const doctor = runServer(settings, { program: 'cli', args: ['doctor'], node: ['--import', held] })
      expect(await doctor.ended).to.equal(0)
      expect(doctor.out()).to.match(/^good {2}log: EventStoreDB 23\.10\.0 \(tried with .*KurrentDB 25\.0\.0\), head /m)
    } finally {
      await store.kill()
    }
  })
})

/** What `ready.json` says, once it is there. */
const urlOf = async (file: string): Promise<string> => {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text !== '') return (JSON.parse(text) as { readonly url: string }).url
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
