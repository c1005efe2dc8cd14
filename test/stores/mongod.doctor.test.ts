/** `homeserver doctor` beside a server whose MongoDB went away: it says so, and is content once that is there again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runHere } from '../cli/runHere.js'
import { startServer } from '../support/startServer.js'
import { eventually } from './eventually.js'
import { startMongod } from './mongod.js'

const { MONGOD } = process.env

describe('homeserver doctor, beside a server on MongoDB', function () {
  this.timeout(120_000)

  it('finds that it is away, and is content once it is started again: the server need not be', async function () {
    if (MONGOD === undefined) {
      console.log('    skipped: MONGOD names no mongod (npm run test:stores finds one)')
      return this.skip()
    }
    const directory = await mkdtemp(join(tmpdir(), 'homeserver-doctor-'))
    const mongod = await startMongod(MONGOD)
    const settings = {
      ...{ DATA_DIR: join(directory, 'data'), KEYS_DIR: join(directory, 'keys'), MONGODB_URL: mongod.url },
      OPERATOR_TOKEN: 'hs_op_PlantedOperatorToken0123456789',
    }
    const server = await startServer(settings)
    const readiness = async (): Promise<number> => (await fetch(`${server.url}/readyz`)).status
    const isContent = async (): Promise<boolean> => (await runHere(['doctor'], settings)).code === 0
    try {
      // A store that a busy machine keeps waiting for seconds is away to the doctor, too.
      await eventually('the doctor is content', isContent, 60_000)
      await mongod.kill()
      await eventually('it is not ready', async () => (await readiness()) === 503)
      const found = await runHere(['doctor'], settings)
      expect(found.code, found.out).to.equal(69)
      expect(found.out)
        .to.match(/^wrong a store does not answer.* → see whether it runs/m)
        .and.match(/^wrong MongoDB at \S+ cannot be reached/m)
      await mongod.start()
      await eventually('it is ready again', async () => (await readiness()) === 200)
      await eventually('the doctor is content again', isContent, 60_000)
    } finally {
      await server.stop()
      await mongod.remove()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
