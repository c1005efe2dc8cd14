/** The embedded log when the disk is full or fails, and what truncation leaves on it. */
import { expect } from 'chai'
import { once } from 'node:events'
import { cpSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { openDatabase, type Database } from '#src/adapters/embedded/database.js'
import { createEventLog } from '#src/adapters/embedded/log/eventLog.js'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { createGroupCommit } from '#src/adapters/embedded/log/groupCommit.js'
import { openLogReader } from '#src/adapters/embedded/log/logReader.js'
import type { FromWriter, ToWriter } from '#src/adapters/embedded/log/writerMessages.js'
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

    it('tells for as long as it takes no writes that it does not', async () => {
      expect(store.refusesWrites?.()).to.equal(undefined)
      const written = await fill()
      expect(store.refusesWrites?.()).to.match(/full/)
      await store.truncate('filling', written - 1)
      await store.append('filling', [newEvent('x'.repeat(5_000))], 'any')
      expect(store.refusesWrites?.()).to.equal(undefined)
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
    /** SQLITE_FULL, SQLITE_IOERR_FSYNC, and SQLITE_IOERR_SHMSIZE: no room for the index of the write-ahead log. */
    const [full, fsyncFailed, noRoomForIndex] = [13, 1034, 4874]
    /** A database whose commits fail as SQLite reports it, while it is told to. */
    const failing = (database: Database) => {
      const fault: { code?: number } = {}
      const exec = (sql: string): void => {
        if (fault.code !== undefined && (sql === 'COMMIT' || sql.startsWith('CREATE TABLE probe')))
          throw Object.assign(new Error('the disk failed'), { errcode: fault.code })
        database.exec(sql)
      }
      return { fault, database: { ...database, exec } }
    }
    const append = (ticket: number, data = '1'): ToWriter => {
      const { id, type, meta } = newEvent()
      const events = [{ id, type, data, meta: JSON.stringify(meta) }]
      return { type: 'append', appends: [{ ticket, stream: 'stream', expected: 'any', events }] }
    }

    const onFailingDisk = () => {
      const file = join(directory.path, 'events.db')
      const { fault, database } = failing(openDatabase(file, { durability: 'full' }))
      const answers: FromWriter[] = []
      const log = createEventLog(database, () => 0)
      const waiting: (() => void)[] = []
      const writer = createGroupCommit({
        log,
        send: (answer) => (answer.type === 'refusing' ? told.push(answer.refusing) : answers.push(answer)),
        after: (_ms, work) => waiting.push(work),
      })
      const told: unknown[] = []
      return {
        fault,
        /** Whether it refuses writes, and for how long, as it was told so far. */
        told,
        /** Lets the time pass that it waits before it tries again; false when it does not wait. */
        later: () => {
          const work = waiting.shift()
          work?.()
          return work !== undefined
        },
        large: (ticket: number) => {
          writer.take(append(ticket, JSON.stringify('x'.repeat(10_000))))
          writer.run()
        },
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

    it('for lack of room, says so once, tries by itself, and says when it takes writes again', () => {
      const { fault, answersOf, told, later, close } = onFailingDisk()
      for (const code of [full, noRoomForIndex]) {
        told.length = 0
        fault.code = code
        for (const ticket of [1, 2]) expect(statusesOf(answersOf(ticket))).to.deep.equal(['full'])
        expect(told).to.deep.equal([{ reason: 'the disk failed', forGood: false }])
        expect([later(), told.length]).to.deep.equal([true, 1])
        delete fault.code
        expect(later()).to.equal(true)
        expect([told.length, told[1]]).to.deep.equal([2, undefined])
        expect(later(), 'costs nothing while all is well').to.equal(false)
      }
      close()
    })

    it('for lack of room for much, is not well again when a little was written, but when as much was', () => {
      const { fault, answersOf, large, told, close } = onFailingDisk()
      fault.code = full
      large(1)
      delete fault.code
      answersOf(2)
      expect(told).to.have.length(1)
      large(3)
      expect([told.length, told[1]]).to.deep.equal([2, undefined])
      close()
    })

    it('for lack of room and then for good, says so and tries no more', () => {
      const { fault, answersOf, told, later, close } = onFailingDisk()
      fault.code = full
      answersOf(1)
      fault.code = fsyncFailed
      answersOf(2)
      delete fault.code
      expect([later(), later()]).to.deep.equal([true, false])
      const reason = 'the log is read-only since a write failed: the disk failed'
      expect(told).to.deep.equal([
        { reason: 'the disk failed', forGood: false },
        { reason, forGood: true },
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

  it('leaves a write-ahead log that grows no longer from kill to kill', async () => {
    const store = await openEmbeddedEventStore({ directory: directory.path })
    await store.append('stream', [newEvent('x'.repeat(100_000))], 'any')
    const left = temporaryDirectory()
    // As a kill leaves it: the file, and beside it what was not folded in.
    for (const name of ['events.db', 'events.db-wal']) cpSync(join(directory.path, name), join(left.path, name))
    await store.close()
    const walBytes = () => statSync(join(left.path, 'events.db-wal')).size
    expect(walBytes()).to.be.greaterThan(100_000)
    const again = await openEmbeddedEventStore({ directory: left.path })
    expect(walBytes()).to.equal(0)
    expect(await again.readStream('stream')).to.have.length(1)
    await again.close()
    left.remove()
  })

  it('bounds the write-ahead log under readers of whom one is always there', async () => {
    const store = await openEmbeddedEventStore({ directory: directory.path })
    await store.append('stream', [newEvent('first')], 'any')
    const readers = new Worker(new URL('./readingThread.js', import.meta.url), { workerData: directory.path })
    await once(readers, 'message')
    let most = 0
    for (let n = 0; n < 90; n++) {
      await store.append(`stream-${n}`, [newEvent('x'.repeat(900_000))], 'any')
      most = Math.max(most, statSync(join(directory.path, 'events.db-wal')).size)
    }
    readers.postMessage('end')
    await once(readers, 'exit')
    await store.close()
    expect(most).to.be.lessThan(48_000_000)
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
