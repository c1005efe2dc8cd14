/** A log that is an older copy of itself, or gone, beside what has seen more of it: noticed at the start, and never served as if nothing were. */
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { spawnTestServer } from '../adapters/eventStoreDB/server/spawn.js'
import type { ServerProcess } from '../adapters/eventStoreDB/server/spawn.js'
import { runServer } from './serverRun.js'
import type { ServerRun } from './serverRun.js'

const wentBack = /^homeserver: the log was put back to an older copy: it ends at \d+, and .+ has seen it up to \d+\./

describe('a log that was put back', () => {
  let place: string
  let store: ServerProcess | undefined
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'homeserver-back-'))
  })
  afterEach(async () => {
    await store?.kill()
    store = undefined
    await rm(place, { recursive: true, force: true })
  })

  const data = (): string => join(place, 'data')
  const settings = (): Record<string, string> => ({
    ...{ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: data(), KEYS_DIR: join(place, 'keys') },
    ...(store === undefined ? {} : { EVENTSTORE_URL: store.url, ROLLBACK_WAIT_S: '0' }),
  })
  const cli = (...args: readonly string[]): ServerRun => runServer(settings(), { program: 'cli', args })
  /** Starts and stops; each such run writes an event, a new operator token. What it complains of. */
  const served = async (more: Record<string, string> = {}): Promise<readonly string[]> => {
    const run = runServer({ ...settings(), OPERATOR_TOKEN: `hs_op_${randomUUID()}`, ...more })
    const url = await run.ready()
    for (let ready = false; !ready;) ready = (await fetch(`${url}/readyz`)).status === 200
    expect(await run.stop()).to.equal(0)
    return run.complaints()
  }
  const refused = async (more: Record<string, string> = {}): Promise<string> => {
    const run = runServer({ ...settings(), ...more })
    expect([await run.ended, run.complaints().length, run.out()], run.err()).to.deep.equal([78, 1, ''])
    return run.complaints()[0] ?? ''
  }
  const logId = async (): Promise<unknown> => {
    const run = cli('events', 'export')
    expect(await run.ended, run.err()).to.equal(0)
    return (JSON.parse(run.out().split('\n')[0] ?? '') as Record<string, unknown>)['logId']
  }
  /** The data of a stopped embedded server lies in one file. */
  const putBack = (): Promise<void> => cp(join(place, 'older.db'), join(data(), 'events.db'))
  const copied = (): Promise<void> => cp(join(data(), 'events.db'), join(place, 'older.db'))

  describe('embedded', () => {
    it('is said aloud once, and goes on as another log', async () => {
      await served()
      await copied()
      await served()
      const before = await logId()
      await putBack()
      const [complaint, ...more] = await served()
      expect(complaint).to.match(wentBack)
      expect(more).to.deep.equal([])
      const after = await logId()
      expect(after).to.not.equal(before)
      expect(await served()).to.deep.equal([])
      expect(await logId()).to.equal(after)
      await putBack()
      for (let n = 0; n < 3; n++) expect(await cli('operator-token', '--new').ended).to.equal(0)
      expect((await served())[0], 'the same copy again').to.match(wentBack)
      expect(await logId()).to.not.be.oneOf([before, after])
    })

    it('is noticed also when it has grown beyond what the read models have seen', async () => {
      await served()
      await copied()
      await served()
      await putBack()
      for (let n = 0; n < 3; n++) expect(await cli('operator-token', '--new').ended).to.equal(0)
      expect((await served())[0]).to.match(wentBack)
    })

    it('is told by doctor, which changes nothing', async () => {
      await served()
      await copied()
      await served()
      await putBack()
      for (let n = 0; n < 2; n++) {
        const doctor = cli('doctor')
        expect(await doctor.ended).to.equal(78)
        expect(doctor.out()).to.match(/^wrong the log was put back .* the next start builds the read models again/m)
      }
      expect((await served())[0]).to.match(wentBack)
    })
  })

  describe('on a server', () => {
    const file = (): string => join(place, 'events.log')
    const startStore = async (): Promise<void> => {
      store = await spawnTestServer({ file: file() })
    }
    const again = async (change: () => Promise<void>): Promise<void> => {
      await store?.kill()
      await change()
      await startStore()
    }
    beforeEach(async () => {
      await startStore()
      expect(await cli('keys', 'init').ended).to.equal(0)
      await served()
      await again(() => cp(file(), join(place, 'older.log')))
      await served()
    })

    it('is refused, with both positions and what to do, until the operator accepts it', async () => {
      const before = await logId()
      await again(() => cp(join(place, 'older.log'), file()))
      const complaint = await refused()
      expect(complaint).to.match(wentBack).and.to.include('homeserver log accept-rollback')
      const accepting = cli('log', 'accept-rollback')
      expect(await accepting.ended, accepting.err()).to.equal(0)
      const after = await logId()
      expect(accepting.out()).to.include(`log ${String(after)}, was ${String(before)}`)
      const again2 = cli('log', 'accept-rollback')
      expect([await again2.ended, await logId()]).to.deep.equal([0, after])
      expect(again2.out()).to.include('nothing to accept')
      expect(await served()).to.deep.equal([])
      expect(await logId()).to.equal(after)
      await again(() => cp(join(place, 'older.log'), file()))
      expect(await refused(), 'the same copy again').to.match(/it ends at \d+, and log \S+ given up, has seen it/)
    })

    it('is refused as one that is gone when it is empty, unless LOG_GONE says to begin another', async () => {
      await again(() => rm(file()))
      expect(await refused()).to.match(/the log at EVENTSTORE_URL is empty, but one was begun .* LOG_GONE=begin/)
      expect(await served({ LOG_GONE: 'begin' })).to.deep.equal([])
      expect(await served()).to.deep.equal([])
    })
  })

  describe('that is gone', () => {
    it('is refused beside its keys, unless LOG_GONE says to begin another', async () => {
      await served()
      const before = await logId()
      await rm(data(), { recursive: true })
      expect(await refused()).to.match(/DATA_DIR .* holds no log, but one was begun with the keys in KEYS_DIR/)
      const doctor = cli('doctor')
      expect(await doctor.ended).to.equal(78)
      expect(await served({ LOG_GONE: 'begin' })).to.deep.equal([])
      expect(await logId()).to.not.equal(before)
      expect(await served()).to.deep.equal([])
    })

    it('is also told by keys of an earlier build, which left no mark but keys of people', async () => {
      await served()
      await rm(data(), { recursive: true })
      await rm(join(place, 'keys', 'log-begun'))
      await cp(join(place, 'keys', 'server'), join(place, 'keys', 'subjects', '00'), { recursive: true })
      expect(await refused()).to.match(/holds no log, but one was begun/)
    })

    it('was never there beside keys that were only made', async () => {
      expect(await cli('keys', 'init').ended).to.equal(0)
      expect(await served()).to.deep.equal([])
    })
  })
})
