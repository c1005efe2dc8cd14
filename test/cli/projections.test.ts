/** `homeserver projections …` where no server runs: what people wrote is folded again to the same sums, and served after that. */
import { expect } from 'chai'
import { readFileSync, writeFileSync } from 'node:fs'
import { createAccount, memoryStore } from '#src/client/index.js'
import type { ProjectionShown } from '#src/contract/projections.js'
import { openDatabase } from '#src/adapters/embedded/database.js'
import { join } from 'node:path'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'
import { runCli } from './runCli.js'
import type { Ran } from './runCli.js'
import { temporaryDirectory } from '../adapters/temporaryDirectory.js'
import type { TemporaryDirectory } from '../adapters/temporaryDirectory.js'

describe('homeserver projections, where no server runs', () => {
  let directory: TemporaryDirectory
  let server: RunningServer
  before(async () => {
    directory = temporaryDirectory()
    server = await startServer({ DATA_DIR: directory.path })
    const open = (handle: string) => createAccount({ server: server.url, store: memoryStore(), handle })
    const [ana, ben] = [await open('ana'), await open('ben')]
    await Promise.all([ana.connect(), ben.connect()])
    const group = await ana.createGroup()
    const found = await ana.findUser('ben')
    if (found === undefined) throw new Error('ben is not found')
    await group.invite(found)
    for (let n = 0; n < 20; n++) await group.send(`message ${n}`)
    await Promise.all([ana.close(), ben.close()])
    await server.stop()
  })
  after(async () => {
    await server.stop()
    directory.remove()
  })
  const run = (...args: readonly string[]): Promise<Ran> =>
    runCli(['projections', ...args], { DATA_DIR: directory.path })
  const shown = (text: string): ProjectionShown => JSON.parse(text) as ProjectionShown

  it('rebuilds to the same sums, turns back, and drops what is not served', async () => {
    for (const name of ['directory', 'groups', 'assets', 'queues']) {
      const rebuilt = await run('rebuild', name, '--json')
      expect(rebuilt.code, rebuilt.said).to.equal(0)
      const { served, former, candidate, head } = shown(rebuilt.out)
      expect(served).to.include({ build: 2, checkpoint: head })
      expect(former).to.include({ build: 1, rows: served.rows })
      expect(candidate).to.equal(undefined)
    }
    expect(shown((await run('rollback', 'queues', '--json')).out).served.build).to.equal(1)
    expect(shown((await run('drop', 'queues', '--json')).out).former).to.equal(undefined)
    expect(await run('rollback', 'queues')).to.deep.include({ code: 1 })
  })

  it('lists them, and does not serve what came out otherwise before it is told to', async () => {
    const listed = (await run('list')).out.split('\n').filter((line) => !line.startsWith(' '))
    expect(listed).to.have.length(4)
    for (const line of listed) expect(line).to.match(/^[a-z]+-\d build [12], level at \d+, \d+ rows, 0 parked$/)
    const file = openDatabase(join(directory.path, 'views', 'queues-1.db'), { durability: 'normal' })
    file.exec('DELETE FROM messages WHERE rowid = 1')
    file.close()
    const rebuilt = await run('rebuild', 'queues')
    expect(rebuilt).to.deep.include({ code: 1 })
    expect(rebuilt.out).to.match(/differs messages: 19 rows served, 20 rebuilt/)
    const turned = await run('flip', 'queues', '--json')
    expect(turned.code, turned.said).to.equal(0)
    expect(shown(turned.out).served.build).to.equal(3)
  })

  it('is for a log that was served, and for read models that there are', async () => {
    expect(await run('rebuild', 'nothing')).to.deep.include({ code: 64 })
    expect(await run('list', '--data-dir', `${directory.path}-none`)).to.deep.include({ code: 78 })
  })

  it('asks the server where one runs, which puts it on record', async () => {
    const OPERATOR_TOKEN = 'hs_op_PlantedOperatorToken0123456789'
    server = await startServer({ DATA_DIR: directory.path, OPERATOR_TOKEN })
    expect((await run('list')).code).to.equal(78)
    const file = join(directory.path, 'token')
    writeFileSync(file, OPERATOR_TOKEN)
    const at = ['--token-file', file]
    expect(await run('rebuild', 'queues', ...at)).to.deep.include({ code: 64 })
    const rebuilt = await run('rebuild', 'queues', '--why', 'to see', '--json', ...at)
    expect(rebuilt.code, rebuilt.said).to.equal(0)
    expect(shown(rebuilt.out).served.build).to.equal(4)
    expect(await run('rebuild', 'nothing', '--why', 'to see', ...at)).to.deep.include({ code: 1 })
    expect(await run('flip', 'queues', '--why', 'to see', ...at)).to.deep.include({ code: 1 })
    expect((await run('skip', 'queues', 'server@0', '--why', 'to see', ...at)).code).to.equal(0)
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` }
    const door = (
      JSON.parse(readFileSync(join(directory.path, 'ready.json'), 'utf8')) as { readonly operatorUrl: string }
    ).operatorUrl
    const acts = (await (await fetch(`${door}/v1/operator/acts`, { headers })).json()) as {
      readonly acts: readonly { readonly what: object }[]
    }
    expect(acts.acts.map(({ what }) => what)).to.deep.equal([
      { type: 'skipParked', projection: 'queues', stream: 'server', revision: 0 },
      { type: 'changeReadModel', projection: 'queues', change: 'rebuild' },
    ])
    expect((await fetch(`${server.url}/readyz`)).status).to.equal(200)
  })
})
