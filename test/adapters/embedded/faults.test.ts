/** The embedded log when the disk is full or fails, and what truncation leaves on it. */
import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, type Database } from '#src/adapters/embedded/database.js'
import { createEventLog } from '#src/adapters/embedded/eventLog.js'
import { openEmbeddedEventStore } from '#src/adapters/embedded/eventStore.js'
import { createGroupCommit } from '#src/adapters/embedded/groupCommit.js'
import { openLogReader } from '#src/adapters/embedded/logReader.js'
import type { FromWriter, ToWriter } from '#src/adapters/embedded/writerMessages.js'
import { StorageFull, type EventStore } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { newEvent } from '../../ports/eventStore.contract.js'
import { temporaryDirectory, type TemporaryDirectory } from '../temporaryDirectory.js'

describe('the embedded log on a bad disk', () => {
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })

  describe('that is full', () => {
    let store: EventStore
    beforeEach(async () => {
      store = await openEmbeddedEventStore({ directory: directory.path, bytesMax: 400_000 })
    })
    afterEach(async () => {
      await store.close()
    })
    const fill = async (): Promise<number> => {
      for (let n = 0; ; n++) {
        const outcome = await store
          .append('filling', [newEvent('x'.repeat(5_000))], 'any')
          .catch((error: unknown) => error)
        if (outcome instanceof StorageFull) return n
        expect(outcome).to.include({ status: 'appended' })
      }
    }

    it('says so, writes nothing, reads on, and resumes when there is room', async () => {
      const written = await fill()
      expect(written).to.be.greaterThan(20)
      const large = newEvent('x'.repeat(50_000))
      const refused = await store.append('filling', [large], written - 1).catch((error: unknown) => error)
      expect(refused).to.be.instanceOf(StorageFull)
      expect(await store.readStream('filling', { limit: 1_000 })).to.have.length(written)
      expect((await store.last('filling'))?.revision).to.equal(written - 1)
      await store.truncate('filling', written - 1)
      expect(await store.append('filling', [large], written - 1)).to.include({ status: 'appended', revision: written })
    })

    it('keeps followers exact', async () => {
      const stop = new AbortController()
      const seen: number[] = []
      const following = (async () => {
        for await (const { events } of store.follow({ after: origin, signal: stop.signal }))
          seen.push(...events.map(({ revision }) => revision))
      })()
      const written = await fill()
      while (seen.length < written) await new Promise((resolve) => setImmediate(resolve))
      stop.abort()
      await following
      expect(seen).to.deep.equal(Array.from({ length: written }, (_, n) => n))
    })
  })

  describe('whose commits fail', () => {
    /** SQLITE_FULL and SQLITE_IOERR_FSYNC. */
    const [full, fsyncFailed] = [13, 1034]
    /** A database whose commits fail as SQLite reports it, while it is told to. */
    const failing = (database: Database) => {
      const fault: { code?: number } = {}
      const exec = (sql: string): void => {
        if (fault.code !== undefined && sql === 'COMMIT')
          throw Object.assign(new Error('the disk failed'), { errcode: fault.code })
        database.exec(sql)
      }
      return { fault, database: { ...database, exec } }
    }
    const append = (ticket: number): ToWriter => {
      const { id, type, meta } = newEvent()
      const events = [{ id, type, data: '1', meta: JSON.stringify(meta) }]
      return { type: 'append', appends: [{ ticket, stream: 'stream', expected: 'any', events }] }
    }

    const onFailingDisk = () => {
      const file = join(directory.path, 'events.db')
      const { fault, database } = failing(openDatabase(file, { durability: 'full' }))
      const answers: FromWriter[] = []
      const log = createEventLog(database, () => 0)
      const writer = createGroupCommit({ log, send: (answer) => answers.push(answer) })
      return {
        fault,
        /** What a group of appends is answered. */
        answersOf: (...tickets: number[]) => {
          for (const ticket of tickets) writer.take(append(ticket))
          expect(writer.run()).to.equal('open')
          const answer = answers.at(-1)!
          return answer.type === 'appended' ? answer.results.map(([, result]) => result) : []
        },
        read: () => {
          const reader = openLogReader(file)
          const events = reader.readAfter(origin, 10)
          reader.close()
          return events.map(({ position, revision }) => [position, revision])
        },
        close: database.close,
      }
    }
    const statusesOf = (results: readonly { readonly status: string }[]) => results.map(({ status }) => status)

    it('for lack of room, leaves no trace of the group, and goes on when there is room', () => {
      const { fault, answersOf, read, close } = onFailingDisk()
      expect(statusesOf(answersOf(1))).to.deep.equal(['appended'])
      fault.code = full
      expect(statusesOf(answersOf(2, 3))).to.deep.equal(['full', 'full'])
      delete fault.code
      expect(answersOf(4)).to.deep.equal([{ status: 'appended', position: 2, revision: 1, repeated: false }])
      expect(read()).to.deep.equal([
        [1, 0],
        [2, 1],
      ])
      close()
    })

    it('at fsync, acknowledges nothing afterwards, though the disk seems well again, and reads on', () => {
      const { fault, answersOf, read, close } = onFailingDisk()
      expect(statusesOf(answersOf(1))).to.deep.equal(['appended'])
      fault.code = fsyncFailed
      expect(statusesOf(answersOf(2))).to.deep.equal(['unavailable'])
      delete fault.code
      expect(statusesOf(answersOf(3))).to.deep.equal(['unavailable'])
      expect(read()).to.deep.equal([[1, 0]])
      close()
    })
  })

  it('holds nothing of what was truncated, in no file', async () => {
    const store = await openEmbeddedEventStore({ directory: directory.path })
    const secret = 'a message that must not be found'
    for (let n = 0; n < 600; n += 20) {
      const events = Array.from({ length: 20 }, (_, m) => newEvent({ secret: `${secret} ${n + m}.` }))
      await store.append('messages-1', events, 'any')
    }
    const onDisk = () =>
      readdirSync(directory.path).filter((name) => readFileSync(join(directory.path, name)).includes(`${secret} 5`))
    expect(onDisk()).not.to.deep.equal([])
    await store.truncate('messages-1', 599)
    const left = readdirSync(directory.path).flatMap(
      (name) => readFileSync(join(directory.path, name), 'latin1').match(new RegExp(`${secret} \\d+\\.`, 'g')) ?? [],
    )
    expect(new Set(left)).to.deep.equal(new Set([`${secret} 599.`]))
    await store.close()
  })
})
