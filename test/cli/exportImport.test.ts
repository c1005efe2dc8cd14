/** An export moves a whole log into another store, and says when it was cut or changed. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { exportEvents, readExport, BadExport } from '#src/cli/exportFile.js'
import { importEvents, ImportRefused } from '#src/cli/importEvents.js'
import type { EventStore, NewEvent, StoredEvent } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { derivedId } from '#src/streams/commandId.js'

const event = (n: number, data: NewEvent['data'] = { n }): NewEvent => ({
  id: derivedId('test', String(n)),
  type: 'MessageAccepted',
  data,
  meta: { v: 1, at: n, command: `c${n}`, bodyHash: 'b' },
})

const filled = async (): Promise<EventStore> => {
  const events = openMemoryEventStore()
  for (let n = 0; n < 30; n++) await events.append(`messages-${n % 3}`, [event(n)], 'any')
  return events
}
const linesOf = async (events: EventStore): Promise<string[]> => {
  const lines: string[] = []
  await exportEvents(events, { domain: 'localhost', logId: 'old' }, (line) => {
    lines.push(line.trimEnd())
    return Promise.resolve()
  })
  return lines
}
const from = async function* (lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line)
}
const all = (events: EventStore): Promise<readonly StoredEvent[]> => events.readAll({ after: origin })
const bare = (events: readonly StoredEvent[]) => events.map(({ position: _, ...rest }) => rest)
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('an export', () => {
  it('arrives in an empty log as it was: streams, revisions, ids, order', async () => {
    const events = await filled()
    const target = openMemoryEventStore()
    const { header, events: exported } = await readExport(from(await linesOf(events)))
    expect(header).to.include({ domain: 'localhost', logId: 'old' })
    expect(await importEvents(target, exported)).to.include({ count: 30, placeholders: 0 })
    expect(bare(await all(target))).to.deep.equal(bare(await all(events)))
  })

  it('keeps the revisions of a truncated stream', async () => {
    const events = await filled()
    await events.truncate('messages-1', 4)
    const target = openMemoryEventStore()
    const { events: exported } = await readExport(from(await linesOf(events)))
    expect(await importEvents(target, exported)).to.include({ placeholders: 4 })
    expect(bare(await target.readStream('messages-1'))).to.deep.equal(bare(await events.readStream('messages-1')))
  })

  it('moves acknowledged positions to the same events', async () => {
    const events = await filled()
    const [, , third] = await all(events)
    await events.append(
      'acknowledgements-p',
      [{ ...event(99, { queues: { q: third?.position ?? 0 } }), type: 'QueuesAcknowledged' }],
      'any',
    )
    const other = openMemoryEventStore()
    await importEvents(other, (await readExport(from(await linesOf(events)))).events)
    const moved = (await other.readStream('acknowledgements-p'))[0]?.data
    expect(moved).to.deep.equal({ queues: { q: (await all(other))[2]?.position } })
  })

  it('is refused by a log that is not empty', async () => {
    const events = await filled()
    const { events: exported } = await readExport(from(await linesOf(events)))
    expect(await failure(importEvents(events, exported))).to.be.instanceOf(ImportRefused)
  })

  const broken: readonly (readonly [string, (lines: string[]) => string[]])[] = [
    ['cut before its last line', (lines) => lines.slice(0, -1)],
    ['cut in the middle', (lines) => [...lines.slice(0, 10), lines.at(-1) ?? '']],
    ['changed in one letter', (lines) => lines.map((line, n) => (n === 5 ? line.replace('"n":4', '"n":5') : line))],
    ['no export at all', () => ['{"hello":1}']],
  ]
  for (const [what, breakIt] of broken) {
    it(`that is ${what} is found out`, async () => {
      const lines = breakIt(await linesOf(await filled()))
      const work = readExport(from(lines)).then(({ events }) => importEvents(openMemoryEventStore(), events))
      expect(await failure(work)).to.be.instanceOf(BadExport)
    })
  }
})
