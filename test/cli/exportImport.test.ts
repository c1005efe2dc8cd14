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

  /** A log whose answers come in the order that a test chooses. */
  const slow = (target: EventStore, answer: (held: (() => void)[]) => void) => {
    const held: (() => void)[] = []
    let most = 0
    const append: EventStore['append'] = async (...asked) => {
      const outcome = await target.append(...asked)
      const answered = new Promise<void>((resolve) => held.push(resolve))
      most = Math.max(most, held.length)
      setImmediate(() => {
        answer(held)
      })
      await answered
      return outcome
    }
    return { events: { ...target, append }, most: () => most }
  }

  it('is written side by side, and stands as it stood', async () => {
    const events = await filled()
    const target = openMemoryEventStore()
    const far = slow(target, (held) => {
      for (const release of held.splice(0).reverse()) release()
    })
    await importEvents(far.events, (await readExport(from(await linesOf(events)))).events)
    expect(bare(await all(target))).to.deep.equal(bare(await all(events)))
    expect(far.most()).to.be.greaterThan(10)
  })

  it('is refused where the store took its events in another order', async () => {
    const target = openMemoryEventStore()
    const events = openMemoryEventStore()
    for (const [n, name] of ['a', 'b', 'c', 'd'].entries()) await events.append(`messages-${name}`, [event(n)], 'none')
    let late: (() => Promise<void>) | undefined
    const append: EventStore['append'] = async (...asked) => {
      if (asked[0] === 'messages-b' && late === undefined) {
        const begun = new Promise<Awaited<ReturnType<EventStore['append']>>>((resolve, reject) => {
          late = () => target.append(...asked).then(resolve, reject)
        })
        return begun
      }
      const outcome = await target.append(...asked)
      setImmediate(() => void late?.())
      return outcome
    }
    const { events: exported } = await readExport(from(await linesOf(events)))
    expect(String(await failure(importEvents({ ...target, append }, exported)))).to.match(
      /ImportRefused.*another order/,
    )
  })

  it('needs nothing in the place of acknowledgements that were carried over', async () => {
    const events = await filled()
    for (let n = 0; n < 50; n++)
      await events.append(
        'acknowledgements-all',
        [{ ...event(100 + n, { queues: { q: 1 }, touchedAt: n }), type: 'QueuesAcknowledged' }],
        'any',
      )
    await events.truncate('acknowledgements-all', 49)
    const target = openMemoryEventStore()
    const { events: exported } = await readExport(from(await linesOf(events)))
    expect(await importEvents(target, exported)).to.include({ placeholders: 0 })
    const carried = (await target.readStream('acknowledgements-all')).filter(({ data }) => data !== null)
    expect(carried.at(-1)?.data).to.deep.include({ touchedAt: 49 })
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
