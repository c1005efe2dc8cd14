/** A restore that is killed on its way leaves nothing that a server, or another restore, takes for whole. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { spawnTestServer } from '../adapters/eventStoreDB/server/spawn.js'
import type { ServerProcess } from '../adapters/eventStoreDB/server/spawn.js'
import { openHouse } from '../scenarios/house.js'
import type { House } from '../scenarios/house.js'
import { cliProgram } from '../support/programs.js'
import { startServer } from '../support/startServer.js'
import { endedAt } from './endedAt.js'
import { runHere } from './runHere.js'

describe('A restore that is killed between the keys of the server and those of its people', () => {
  let place: string
  let house: House
  let log: ServerProcess
  const at = (name: string): string => join(place, name)

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'homeserver-half-'))
    house = await openHouse()
    log = await spawnTestServer({ file: at('log') })
    await house.register('alice')
    expect((await runHere(['backup', at('monday')], { DATA_DIR: house.server.dataDir })).code).to.equal(0)
  })
  after(async () => {
    await house.close()
    await log.kill()
    await rm(place, { recursive: true, force: true })
  })

  const killed = async (env: Readonly<Record<string, string>>): Promise<void> => {
    const words = [endedAt('subjects', 'SIGKILL'), cliProgram, 'restore', at('monday'), '--no-erasures-since']
    const child = spawn(process.execPath, words, { env: { ...process.env, ...env }, stdio: 'ignore' })
    expect(await once(child, 'exit')).to.deep.equal([null, 'SIGKILL'])
  }
  const subjectsIn = async (keysDir: string): Promise<readonly string[]> =>
    (await readdir(join(keysDir, 'subjects'), { recursive: true }).catch(() => [])).filter((name) => name.includes('/'))

  for (const kind of ['a directory', 'EventStoreDB'])
    it(`is not gone on with, nor is a server started with its keys; once they are gone another one is whole: ${kind}`, async () => {
      const [DATA_DIR, KEYS_DIR] = [at(`${kind}-data`), at(`${kind}-keys`)]
      const settings = { KEYS_DIR, ...(kind === 'EventStoreDB' ? { EVENTSTORE_URL: log.url } : {}) }
      await killed({ ...settings, DATA_DIR })
      expect([(await readdir(KEYS_DIR)).includes('server'), await subjectsIn(KEYS_DIR)]).to.deep.equal([true, []])
      const told = `a restore into KEYS_DIR ${KEYS_DIR} did not come to its end: empty it, and restore again`
      for (const words of [[], ['--no-erasures-since']]) {
        const again = await runHere(['restore', at('monday'), ...words], { ...settings, DATA_DIR: at(`${kind}-other`) })
        expect([again.code, again.said]).to.deep.equal([78, `homeserver: ${told}`])
      }
      const start = startServer({ ...settings, DATA_DIR: at(`${kind}-served`) })
      const refused: unknown = await start.then(async (server) => server.stop()).catch((error: unknown) => error)
      expect(String(refused)).to.include('ended with 78').and.to.include(told)
      for (const directory of [DATA_DIR, KEYS_DIR]) await rm(directory, { recursive: true })
      const whole = await runHere(['restore', at('monday'), '--no-erasures-since'], { ...settings, DATA_DIR })
      expect(whole.code, whole.said).to.equal(0)
      expect(await subjectsIn(KEYS_DIR)).to.have.length(1)
      expect(await readdir(KEYS_DIR)).to.have.members(['log-begun', 'server', 'subjects'])
      expect(await readdir(DATA_DIR)).to.not.include('restoring')
    })

  it('says which directories are to be emptied: not that of keys which were there before', async () => {
    const settings = { DATA_DIR: at('marked'), KEYS_DIR: at('marked-keys') }
    for (const directory of Object.values(settings)) await mkdir(directory, { mode: 0o700 })
    await writeFile(join(settings.DATA_DIR, 'restoring'), '')
    const said = async (): Promise<string> => (await runHere(['restore', at('monday')], settings)).said
    const begin = `homeserver: a restore into DATA_DIR ${settings.DATA_DIR} did not come to its end: empty it`
    expect(await said()).to.equal(
      `${begin}, but leave the keys in KEYS_DIR ${settings.KEYS_DIR} as they are, and restore again`,
    )
    await writeFile(join(settings.KEYS_DIR, 'restoring'), '')
    expect(await said()).to.equal(`${begin} and KEYS_DIR ${settings.KEYS_DIR}, and restore again`)
  })
})
