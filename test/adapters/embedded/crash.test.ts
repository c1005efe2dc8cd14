/** What is left of the log when its process is killed, or its newest bytes are torn. */
import { expect } from 'chai'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '#src/adapters/embedded/database.js'
import { DirectoryInUse } from '#src/adapters/embedded/directoryLock.js'
import { createEventLog } from '#src/adapters/embedded/log/eventLog.js'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openLogReader } from '#src/adapters/embedded/log/logReader.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { newEvent } from '../../ports/eventStore.contract.js'
import { seeded } from '../../ports/seeded.js'
import { temporaryDirectory, type TemporaryDirectory } from '../temporaryDirectory.js'

describe('the embedded log after a crash', () => {
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })

  it('killed under load, round after round, has lost nothing acknowledged and doubled nothing', async () => {
    const random = seeded(9)
    const acknowledged: string[] = []
    for (let round = 1; round <= 5; round++) {
      const before = acknowledged.length
      const enough = before + 20 + random.integer(300)
      const child = startChild(directory.path, round)
      for await (const line of linesOf(child)) {
        if (line !== 'open') acknowledged.push(line)
        if (acknowledged.length === enough) child.kill('SIGKILL')
      }
      expect(acknowledged.length).to.be.at.least(enough)
      const events = readEverything(join(directory.path, 'events.db'))
      expectAcknowledged(events, acknowledged)
      expectWhole(events)
    }
    const store = await openEmbeddedEventStore({ directory: directory.path })
    expect(await store.append('load-0', [newEvent()], 'any')).to.include({ status: 'appended' })
    await store.close()
  })

  it('lets the next process in at once, but none beside a living one', async () => {
    const child = startChild(directory.path, 1)
    await once(createInterface(child.stdout!), 'line')
    // The machine may stand still in one of them, hardly in each; who waited for the living one would do so every time.
    const tries: number[] = []
    do {
      const started = performance.now()
      const refused = await openEmbeddedEventStore({ directory: directory.path }).catch((error: unknown) => error)
      tries.push(performance.now() - started)
      expect(refused).to.be.instanceOf(DirectoryInUse)
      expect((refused as Error).message).to.include(directory.path)
    } while (Math.min(...tries) >= 5_000 && tries.length < 5)
    expect(Math.min(...tries)).to.be.lessThan(5_000)
    expect(child.exitCode).to.equal(null)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = await openEmbeddedEventStore({ directory: directory.path })
    await store.close()
  })

  it('is refused a file that would forget its newest commits with a loss of power', () => {
    const database = openDatabase(join(directory.path, 'events.db'), { durability: 'normal' })
    expect(() => createEventLog(database, () => 0)).to.throw('durable at every commit')
    database.close()
  })

  it('with a torn tail, wherever it is torn, starts and has lost only what was not acknowledged', () => {
    const file = join(directory.path, 'events.db')
    const log = createEventLog(openDatabase(file, { durability: 'full' }), () => 0)
    /** For each append, how long the write-ahead log was when it was acknowledged. */
    const lengths: number[] = []
    for (let n = 0; n < 12; n++) {
      const { id, type } = newEvent()
      const text = { id, type, data: JSON.stringify('x'.repeat(n * 150)), meta: '{}' }
      log.append([{ stream: `stream-${n % 3}`, expected: 'any', events: [text] }])
      lengths.push(statSync(`${file}-wal`).size)
    }
    const whole = copyOf(file, join(directory.path, 'whole'))
    const all = readEverything(whole)
    expect(all).to.have.length(12)
    const last = lengths.at(-1)!
    for (let cut = lengths.at(-4)! - 40; cut <= last; cut += 397) expectPrefix(cut)
    for (const length of lengths) for (const cut of [length - 1, length, length + 1]) expectPrefix(Math.min(cut, last))

    function expectPrefix(cut: number): void {
      const torn = copyOf(file, join(directory.path, 'torn'))
      truncateSync(`${torn}-wal`, cut)
      const events = readEverything(torn)
      expect(events, `cut at ${cut}`).to.deep.equal(all.slice(0, events.length))
      expect(events.length, `cut at ${cut}`).to.equal(lengths.filter((length) => length <= cut).length)
    }
  })
})

const startChild = (directory: string, seed: number): ChildProcess =>
  spawn(process.execPath, [fileURLToPath(new URL('./appendingChild.js', import.meta.url)), directory, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

const linesOf = (child: ChildProcess): AsyncIterable<string> => createInterface(child.stdout!)

/** The log and its write-ahead log as a crash would leave them. */
const copyOf = (file: string, directory: string): string => {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  for (const part of ['', '-wal']) if (existsSync(file + part)) copyFileSync(file + part, join(directory, `log${part}`))
  return join(directory, 'log')
}

/** Opens it as the writer does, so that it is recovered, and reads it whole. */
const readEverything = (file: string): readonly StoredEvent[] => {
  const database = openDatabase(file, { durability: 'full' })
  createEventLog(database, () => 0)
  const reader = openLogReader(file)
  const events: StoredEvent[] = []
  for (;;) {
    const page = reader.readAfter(events.at(-1)?.position ?? origin, 1_000)
    if (page.length === 0) break
    events.push(...page)
  }
  reader.close()
  database.close()
  return events
}

const expectAcknowledged = (events: readonly StoredEvent[], acknowledged: readonly string[]): void => {
  const places = new Map(events.map(({ id, stream, revision, position }) => [id, { stream, revision, position }]))
  expect(places.size, 'ids are unique').to.equal(events.length)
  for (const line of acknowledged) {
    const [stream = '', revision, position, ...ids] = line.split(' ')
    ids.forEach((id, n) => {
      const before = ids.length - 1 - n
      const place = { stream, revision: Number(revision) - before, position: Number(position) - before }
      expect(places.get(id)).to.deep.equal(place)
    })
  }
}

/** Every stream counts from 0 without a gap, and every batch is there as a whole. */
const expectWhole = (events: readonly StoredEvent[]): void => {
  const revisions = new Map<string, number>()
  const batches = new Map<string, number>()
  for (const { stream, revision, data } of events) {
    expect(revision).to.equal((revisions.get(stream) ?? -1) + 1)
    revisions.set(stream, revision)
    const { batch, size } = data as { readonly batch: string; readonly size: number }
    batches.set(batch, (batches.get(batch) ?? size) - 1)
  }
  for (const [batch, missing] of batches) expect(missing, batch).to.equal(0)
}
