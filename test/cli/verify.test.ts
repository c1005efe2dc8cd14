/** `homeserver events verify`: whatever changed in the log's file since it was written is said, with its place. */
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '#src/adapters/embedded/database.js'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { verifyLog } from '#src/cli/verifyLog.js'
import { sealedMeta } from '#src/events/form/checksum.js'
import type { EventStore, NewEvent } from '#src/ports/eventStore.js'
import { withAgain } from './withAgain.js'
import { temporaryDirectory, type TemporaryDirectory } from '../adapters/temporaryDirectory.js'

const main = fileURLToPath(new URL('../../../cli/main.js', import.meta.url))
const group = 'mimi://localhost/g/AAAAAAAAAAAAAAAAAAAAAA'

const fresh = (epoch: string): NewEvent => ({
  id: randomUUID(),
  type: 'MessageAccepted',
  data: { group, epoch, message: 'bytes'.repeat(20) },
  meta: { v: 1, at: 1_800_000_000_000, command: randomUUID(), bodyHash: 'hash' },
})
const sealed = (stream: string, event: NewEvent): NewEvent => ({
  ...event,
  meta: sealedMeta({ ...event, stream }, randomBytes(16)),
})
/** Two streams in turns: positions 1 to 10, the first two written before there were checksums. */
const fill = async (store: EventStore): Promise<void> => {
  for (let n = 0; n < 10; n++) {
    const stream = `messages-${n % 2}`
    const event = fresh(String(n))
    await store.append(stream, [n < 2 ? event : sealed(stream, event)], 'any')
  }
}
const linesOf = async (store: EventStore) => {
  const lines: string[] = []
  const found = await verifyLog(store, (line) => lines.push(line))
  return { lines, ...found }
}

describe('verifying a log', () => {
  it('counts what holds and what was never checked', async () => {
    const store = openMemoryEventStore()
    await fill(store)
    expect(await linesOf(store)).to.deep.equal({
      lines: [],
      events: 10,
      holding: 8,
      unchecked: 2,
      repeated: 0,
      broken: 0,
    })
  })

  it('counts once what the store holds twice, says how many those are, and still finds what is broken', async () => {
    const store = openMemoryEventStore()
    await fill(store)
    const whole = await store.readAll({ after: 0 as never })
    const twice = withAgain(whole, [2, 3, 9])
    const bent: EventStore = { ...store, readAll: ({ after }) => Promise.resolve(after === 0 ? twice : []) }
    expect(await linesOf(bent)).to.deep.equal({
      lines: [],
      events: 10,
      holding: 8,
      unchecked: 2,
      repeated: 3,
      broken: 0,
    })
    const [last] = twice.slice(-1)
    const broken = [...twice.slice(0, -1), { ...last!, damage: 'its checksum does not hold' }]
    const { lines, ...found } = await linesOf({ ...bent, readAll: () => Promise.resolve(broken) })
    expect(lines).to.have.length(1)
    expect(found).to.include({ repeated: 2, broken: 1 })
  })

  it('takes a truncated stream as it is', async () => {
    const store = openMemoryEventStore()
    await fill(store)
    await store.truncate('messages-1', 3)
    expect(await linesOf(store)).to.include({ events: 7, broken: 0 })
  })

  it('says where an event is missing, stands twice, or cannot be read', async () => {
    const store = openMemoryEventStore()
    await fill(store)
    await store.append('messages-0', [{ ...fresh('x'), data: { no: 'message' } }], 'any')
    const whole = await store.readAll({ after: 0 as never })
    const bent: EventStore = {
      ...store,
      readAll: () => Promise.resolve(whole.flatMap((event, n) => (n === 4 ? [] : n === 1 ? [event, event] : [event]))),
    }
    const { lines } = await linesOf(bent)
    expect(lines.map((line) => line.split(': ')[0])).to.deep.equal(['position 2', 'position 7', 'position 11'])
  })
})

describe('homeserver events verify', () => {
  let directory: TemporaryDirectory
  beforeEach(async () => {
    directory = temporaryDirectory()
    const store = await openEmbeddedEventStore({ directory: directory.path })
    await fill(store)
    await store.close()
  })
  afterEach(() => {
    directory.remove()
  })

  const run = (): Promise<{ readonly code: number; readonly lines: readonly string[] }> =>
    new Promise((resolve) => {
      const env = { ...process.env, DATA_DIR: directory.path }
      execFile(process.execPath, [main, 'events', 'verify'], { env }, (error, stdout) => {
        resolve({ code: (error?.code as number | undefined) ?? 0, lines: stdout.trim().split('\n') })
      })
    })
  const file = (): string => join(directory.path, 'events.db')
  const change = (sql: string): void => {
    const database = openDatabase(file(), { durability: 'full' })
    database.exec(sql)
    database.emptyWal()
    database.close()
  }

  it('exits 0 on what is whole, and leaves it so', async () => {
    const { code, lines } = await run()
    expect({ code, lines }).to.deep.equal({ code: 0, lines: ['10 events: 8 hold, 2 unchecked, 0 do not hold'] })
  })

  it('prints the position of one letter that changed in the file, and exits 1', async () => {
    const bytes = await readFile(file())
    const at = bytes.indexOf('"epoch":"6"')
    bytes.write('"epoch":"7"', at)
    await writeFile(file(), bytes)
    const { code, lines } = await run()
    expect(code).to.equal(1)
    expect(lines[0]).to.equal('position 7: messages-0@3: its checksum does not hold')
  })

  const changes: readonly (readonly [string, string, string])[] = [
    ['a row that is gone', 'DELETE FROM events WHERE position = 5', 'position 7: '],
    ['a payload that is gone', 'UPDATE events SET data = NULL WHERE position = 5', 'position 5: '],
    ['a row under another stream', 'UPDATE events SET stream = 1, revision = 9 WHERE position = 10', 'position 10: '],
    ['a stream under another name', "UPDATE streams SET name = 'messages-9' WHERE id = 1", 'position 3: '],
    ['text that is no text', "UPDATE events SET meta = x'00' WHERE position = 5", 'position 5: '],
    [
      'a checksum that is gone',
      "UPDATE events SET meta = json_remove(meta, '$.checksum') WHERE position = 5",
      'position 5: ',
    ],
  ]
  for (const [what, sql, expected] of changes) {
    it(`finds ${what}`, async () => {
      change(sql)
      const { code, lines } = await run()
      expect(code).to.equal(1)
      expect(lines[0]?.slice(0, expected.length)).to.equal(expected)
    })
  }

  it('finds an index that does not lead to its row any more, though every event holds', async () => {
    const store = await openEmbeddedEventStore({ directory: directory.path })
    const [, event] = await store.readStream('messages-0')
    await store.close()
    const bytes = await readFile(file())
    let at = bytes.indexOf(event!.id)
    // In the row the type follows; in the index it does not.
    while (bytes.toString('latin1', at + 36, at + 51) === 'MessageAccepted') at = bytes.indexOf(event!.id, at + 1)
    bytes.write('x', at)
    await writeFile(file(), bytes)
    const { code, lines } = await run()
    expect(code).to.equal(1)
    expect(lines[0]).to.match(/^file: row \d+ missing from index/)
    expect(lines.at(-1)).to.equal('10 events: 8 hold, 2 unchecked, 0 do not hold')
  })

  it('says what is wrong with the file itself, and never calls it a bug', async () => {
    const bytes = await readFile(file())
    // A page of the table's tree, its first cells.
    bytes.fill(0xff, bytes.length - 4_096, bytes.length - 3_000)
    await writeFile(file(), bytes)
    const { code, lines } = await run()
    expect(code).to.equal(1)
    expect(lines[0]).to.match(/^(file|position \d+)/)
  })
})
