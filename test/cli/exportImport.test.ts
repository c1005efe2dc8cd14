/** An export moves a whole log into another store, all of it or nothing, and says when it was cut or changed. */
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { exportEvents, readExport, BadExport } from '#src/cli/exportFile.js'
import { LogDamaged } from '#src/ports/eventStore.js'
import { importEvents, ImportRefused } from '#src/cli/importEvents.js'
import type { Imported } from '#src/cli/importEvents.js'
import { logToServe, readImported } from '#src/compose/stores/importedLog.js'
import { StartupProblem } from '#src/compose/process/startupProblem.js'
import { checkOf, sealedMeta } from '#src/events/form/checksum.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import type { EventStore, NewEvent, StoredEvent } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { derivedId } from '#src/streams/commandId.js'
import { makeId } from '#src/mls/wire/ids.js'
import { verifyLog } from '#src/cli/verifyLog.js'
import { domain } from '../commands/people.js'
import { withAgain } from './withAgain.js'

const event = (n: number, data: NewEvent['data'] = { n }): NewEvent => ({
  id: derivedId('test', String(n)),
  type: 'MessageAccepted',
  data,
  meta: { v: 1, at: n, command: `c${n}`, bodyHash: 'b' },
})
const sealed = (stream: string, bare: NewEvent): NewEvent => ({
  ...bare,
  meta: sealedMeta({ ...bare, stream }, randomBytes(16)),
})

const filled = async (): Promise<EventStore> => {
  const events = openMemoryEventStore()
  for (let n = 0; n < 30; n++) {
    const stream = `messages-${n % 3}`
    await events.append(stream, [n % 2 === 0 ? event(n) : sealed(stream, event(n))], 'any')
  }
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
const importInto = (events: EventStore, lines: readonly string[]): Promise<Imported> =>
  importEvents({
    events,
    open: () => readExport(from(lines)),
    now: () => 1,
    random: randomBytes,
    replaceLog: () => Promise.resolve(),
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
/** The newest first: none is known before those that were sent after it. */
const backwards = (held: (() => void)[]): void => {
  for (const release of held.splice(0).reverse()) release()
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
    const { header } = await readExport(from(await linesOf(events)))
    expect(header).to.include({ domain: 'localhost', logId: 'old' })
    expect(await importInto(target, await linesOf(events))).to.include({ count: 30, placeholders: 0 })
    expect(bare(await all(target))).to.deep.equal(bare(await all(events)))
    expect(new Set((await all(target)).map(checkOf))).to.deep.equal(new Set(['unchecked', 'holds']))
  })

  it('keeps the revisions of a truncated stream', async () => {
    const events = await filled()
    await events.truncate('messages-1', 4)
    const target = openMemoryEventStore()
    const standIns: NewEvent[] = []
    const seeing: EventStore = {
      ...target,
      append: (stream, news, expected) => {
        for (const one of news) if (one.data === null) standIns.push(one)
        return target.append(stream, news, expected)
      },
    }
    expect(await importInto(seeing, await linesOf(events))).to.include({ placeholders: 4 })
    expect(standIns.map((one) => checkOf({ ...one, stream: 'messages-1' }))).to.deep.equal(Array(4).fill('holds'))
    expect(bare(await target.readStream('messages-1'))).to.deep.equal(bare(await events.readStream('messages-1')))
  })

  describe('of a log that holds events twice', () => {
    /** Messages 2 to 4 of each stream, the last one of all, and an acknowledgement. */
    const doubled = async () => {
      const events = await filled()
      await events.append('acknowledgements-all', [{ ...event(99, { queues: {} }), type: 'QueuesAcknowledged' }], 'any')
      await events.append('messages-0', [event(100)], 'any')
      const log = withAgain(await all(events), [3, 4, 5, 8, 30, 31])
      const readAll: EventStore['readAll'] = ({ after }) => Promise.resolve(log.filter((one) => one.position > after))
      return { events: { ...events, readAll }, log, once: withoutAgain(log) }
    }
    const withoutAgain = (log: readonly StoredEvent[]): readonly StoredEvent[] =>
      log.filter((one, n) => log.findIndex(({ id }) => id === one.id) === n)
    const withPayload = async (events: EventStore, stream: string) =>
      bare((await events.readStream(stream)).filter(({ data }) => data !== null))

    it('has each once, and says how many there were', async () => {
      const { events, once } = await doubled()
      const lines: string[] = []
      const summary = await exportEvents(events, { domain: 'localhost', logId: 'old' }, (line) => {
        lines.push(line)
        return Promise.resolve()
      })
      expect(summary).to.include({ count: once.length, repeated: 6 })
      const ids = lines.slice(1, -1).map((line) => (JSON.parse(line) as StoredEvent).id)
      expect(ids).to.deep.equal(once.map(({ id }) => id))
    })

    it('arrives with every event at its revision, and cuts nothing off', async () => {
      const { events, once } = await doubled()
      const target = openMemoryEventStore()
      expect(await importInto(target, await linesOf(events))).to.include({ count: once.length, placeholders: 4 })
      for (const stream of ['messages-0', 'messages-1', 'messages-2']) {
        const wanted = bare(once.filter((one) => one.stream === stream))
        expect(await withPayload(target, stream)).to.deep.equal(wanted)
      }
      const places: string[] = []
      const { repeated } = await verifyLog(target, (line) => places.push(line))
      expect(repeated).to.equal(0)
      expect(places.filter((line) => /stands behind|follows/.test(line))).to.deep.equal([])
    })

    it('arrives so from a file, too, that has them twice', async () => {
      const { log, once } = await doubled()
      const target = openMemoryEventStore()
      const read = async function* () {
        for (const one of log) yield await Promise.resolve(one)
      }
      const { header } = await readExport(from(await linesOf(await filled())))
      const open = () => Promise.resolve({ header, moved: [], events: read() })
      const now = () => 1
      const replaceLog = () => Promise.resolve()
      const imported = await importEvents({ events: target, open, now, random: randomBytes, replaceLog })
      expect(imported).to.include({ count: once.length, placeholders: 4 })
      expect(await withPayload(target, 'messages-1')).to.deep.equal(
        bare(once.filter(({ stream }) => stream === 'messages-1')),
      )
    })

    it('keeps room for what expired up to a second time', async () => {
      const events = openMemoryEventStore()
      const group = makeId('group', domain, new Uint8Array(16))
      for (let n = 0; n < 3; n++) await events.append(messagesStream(group), [event(n)], 'any')
      const expired = { type: 'MessagesExpired', data: { group, upToRevision: 3, upToPosition: 4 } }
      await events.append(groupStream(group), [{ ...event(6), ...expired }], 'any')
      const log = withAgain(await all(events), [2])
      const target = openMemoryEventStore()
      const readAll: EventStore['readAll'] = ({ after }) => Promise.resolve(after === 0 ? log : [])
      await importInto(target, await linesOf({ ...events, readAll }))
      expect(await target.append(messagesStream(group), [event(9)], 'any')).to.include({ revision: 4 })
    })
  })

  it('is not made of a log that lacks a fact between others', async () => {
    const events = openMemoryEventStore()
    for (let n = 0; n < 4; n++) await events.append('group-1', [event(n)], 'any')
    const log = (await all(events)).filter((_, n) => n !== 2)
    const lines = await linesOf({ ...events, readAll: ({ after }) => Promise.resolve(after === 0 ? log : []) })
    const target = openMemoryEventStore()
    expect(String(await failure(importInto(target, lines)))).to.match(/ImportRefused.*group-1@3 follows revision 1/)
    expect(await target.head()).to.equal(origin)
  })

  it('is refused by a log that is not empty', async () => {
    const events = await filled()
    expect(await failure(importInto(events, await linesOf(events)))).to.be.instanceOf(ImportRefused)
  })

  it('is written side by side, and stands as it stood', async () => {
    const events = await filled()
    const target = openMemoryEventStore()
    const far = slow(target, backwards)
    await importInto(far.events, await linesOf(events))
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
    expect(String(await failure(importInto({ ...target, append }, await linesOf(events))))).to.match(
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
    expect(await importInto(target, await linesOf(events))).to.include({ placeholders: 0 })
    const carried = (await target.readStream('acknowledgements-all')).filter(({ data }) => data !== null)
    expect(carried.at(-1)?.data).to.deep.include({ touchedAt: 49 })
  })

  it('is not made of a log that was changed', async () => {
    const events = await filled()
    await events.append('messages-0', [{ ...sealed('messages-0', event(40)), data: { n: 41 } }], 'any')
    expect(await failure(linesOf(events))).to.be.instanceOf(LogDamaged)
  })

  it('carries what a newer server wrote around its facts', async () => {
    const events = openMemoryEventStore()
    const newer = { ...event(1), meta: { ...event(1).meta, origin: { domain: 'other.example' } } }
    await events.append('messages-0', [sealed('messages-0', newer)], 'none')
    const target = openMemoryEventStore()
    await importInto(target, await linesOf(events))
    expect(bare(await all(target))).to.deep.equal(bare(await all(events)))
  })
})

describe('an export that is not whole', () => {
  /** A file that is right in itself, made from lines that are not. */
  const again = (lines: readonly string[]): Promise<string[]> => {
    const events = lines.slice(1, -1).map((line) => JSON.parse(line) as StoredEvent)
    const readAll: EventStore['readAll'] = ({ after }) => Promise.resolve(after === 0 ? events : [])
    return linesOf({ ...openMemoryEventStore(), readAll })
  }
  const broken: readonly (readonly [string, (lines: string[]) => string[] | Promise<string[]>])[] = [
    ['cut before its last line', (lines) => lines.slice(0, -1)],
    ['cut in the middle', (lines) => [...lines.slice(0, 10), lines.at(-1) ?? '']],
    ['cut in a line', (lines) => [...lines.slice(0, 10), (lines[10] ?? '').slice(0, 40)]],
    ['empty', () => []],
    ['changed in one letter', (lines) => lines.map((line, n) => (n === 5 ? line.replace('"n":4', '"n":5') : line))],
    ['missing a line', (lines) => lines.filter((_, n) => n !== 12)],
    ['twice at a line', (lines) => lines.flatMap((line, n) => (n === 12 ? [line, line] : [line]))],
    ['in another order', (lines) => lines.map((line, n) => lines[n === 11 ? 12 : n === 12 ? 11 : n] ?? line)],
    ['no export at all', () => ['{"hello":1}']],
    [
      'changed, and counted and hashed again',
      (lines) => again(lines.map((line, n) => (n === 6 ? line.replace('"n":5', '"n":6') : line))),
    ],
  ]
  for (const [what, breakIt] of broken) {
    it(`because it is ${what}, leaves the log as it was`, async () => {
      const lines = await breakIt(await linesOf(await filled()))
      const target = openMemoryEventStore()
      // A line that is twice, or out of order, is met before the end is.
      const misplaced = what.startsWith('twice') || what.startsWith('in another')
      expect(await failure(importInto(target, lines))).to.be.instanceOf(misplaced ? ImportRefused : BadExport)
      expect(await target.head()).to.equal(origin)
      expect(await readImported(target)).to.deep.include({ unfinished: false })
    })
  }

  const refused: readonly (readonly [string, (events: StoredEvent[]) => unknown[]])[] = [
    ['has a revision twice', (events) => [...events, { ...events.at(-1), position: 99 }]],
    ['goes backwards', (events) => [...events.slice(1), { ...events[0], position: 99 }]],
    ['has an event that no append takes', (events) => [{ ...events[0], data: 'x'.repeat(1_000_001) }]],
  ]
  for (const [what, breakIt] of refused) {
    it(`because it ${what}, leaves the log as it was`, async () => {
      const events = breakIt([...(await all(await filled()))].filter(({ meta }) => meta.checksum === undefined))
      const lines = events.map((one) => JSON.stringify(one))
      const target = openMemoryEventStore()
      const read = async function* () {
        for (const line of lines) yield await Promise.resolve(JSON.parse(line) as StoredEvent)
      }
      const open = async () => ({ ...(await readExport(from(await linesOf(await filled())))), events: read() })
      const work = importEvents({
        events: target,
        open,
        now: () => 1,
        random: randomBytes,
        replaceLog: () => Promise.resolve(),
      })
      expect(await failure(work)).to.be.instanceOf(ImportRefused)
      expect(await target.head()).to.equal(origin)
    })
  }

  it('at its second reading, or a store that fails in between, leaves a log that no server starts on', async () => {
    const lines = await linesOf(await filled())
    const target = openMemoryEventStore()
    let appends = 0
    const failing: EventStore = {
      ...target,
      append: (...args) => (++appends > 7 ? Promise.reject(new StoreUnavailable('gone')) : target.append(...args)),
    }
    expect(await failure(importInto(failing, lines))).to.be.instanceOf(StoreUnavailable)
    expect(await target.head()).to.be.greaterThan(0)
    expect(await failure(logToServe(target)))
      .to.be.instanceOf(StartupProblem)
      .and.include({ exitCode: 78 })
    expect(await failure(importInto(target, lines))).to.be.instanceOf(ImportRefused)
  })

  it('at its second reading another export than at its first, leaves one, too', async () => {
    const target = openMemoryEventStore()
    const [lines, others] = [await linesOf(await filled()), await linesOf(await filled())]
    let readings = 0
    const work = importEvents({
      events: target,
      open: (examined) => readExport(from(++readings === 1 ? lines : others), examined),
      now: () => 1,
      random: randomBytes,
      replaceLog: () => Promise.resolve(),
    })
    expect(others).to.not.deep.equal(lines)
    expect(await failure(work))
      .to.be.instanceOf(BadExport)
      .and.have.property('message', 'the file has changed meanwhile')
    expect(await failure(logToServe(target))).to.be.instanceOf(StartupProblem)
  })

  it('leaves one, too, when it ends between its last event and its new id', async () => {
    const target = openMemoryEventStore()
    const lines = await linesOf(await filled())
    const work = importEvents({
      events: target,
      open: () => readExport(from(lines)),
      now: () => 1,
      random: randomBytes,
      replaceLog: () => Promise.reject(new StoreUnavailable('gone')),
    })
    expect(await failure(work)).to.be.instanceOf(StoreUnavailable)
    expect(await failure(logToServe(target))).to.be.instanceOf(StartupProblem)
  })
})

describe('places that facts name by a position of their log', () => {
  const acknowledged = (n: number, queues: Readonly<Record<string, number>>): NewEvent => ({
    ...event(n, { queues }),
    type: 'QueuesAcknowledged',
  })
  /** Positions in steps of a hundred, as those of a server that counts bytes. */
  const sparse = (events: EventStore): EventStore => ({
    ...events,
    readAll: async (options) =>
      (await events.readAll({ ...options, after: Math.floor(options.after / 100) as typeof options.after })).map(
        (one) => ({ ...one, position: (one.position * 100) as typeof one.position }),
      ),
  })
  const served = async (events: EventStore, stream: string): Promise<unknown[]> =>
    (await (await logToServe(events)).readStream(stream)).map(({ data }) => data)

  it('stay as they are in the facts, and are read as where the same events stand now', async () => {
    const events = await filled()
    await events.append(
      'acknowledgements-p',
      [sealed('acknowledgements-p', acknowledged(99, { q: 300, r: 399, s: 5 }))],
      'any',
    )
    const target = openMemoryEventStore()
    await importInto(target, await linesOf(sparse(events)))
    const [raw] = await target.readStream('acknowledgements-p')
    expect(raw?.data).to.deep.equal({ queues: { q: 300, r: 399, s: 5 } })
    expect(checkOf(raw!)).to.equal('holds')
    const [one, , three] = await all(target)
    expect(one?.position).to.equal(1)
    expect(await served(target, 'acknowledgements-p')).to.deep.equal([
      { queues: { q: three?.position, r: three?.position, s: 0 } },
    ])
  })

  it('are found where the events before them and behind them were on their way at once', async () => {
    const events = await filled()
    await events.append('acknowledgements-p', [acknowledged(99, { q: 300, r: 2_900 })], 'any')
    const target = openMemoryEventStore()
    const far = slow(target, backwards)
    await importInto(far.events, await linesOf(sparse(events)))
    expect(await served(target, 'acknowledgements-p')).to.deep.equal([{ queues: { q: 3, r: 29 } }])
    expect(far.most()).to.be.greaterThan(10)
  })

  it('are read so by whoever reads, and in old facts only', async () => {
    const events = await filled()
    await events.append('acknowledgements-p', [acknowledged(99, { q: 300 })], 'any')
    const target = openMemoryEventStore()
    await importInto(target, await linesOf(sparse(events)))
    await target.append('acknowledgements-p', [acknowledged(100, { q: 31 })], 'any')
    const here = await logToServe(target)
    const stop = new AbortController()
    const followed: unknown[] = []
    for await (const batch of here.follow({ after: 30 as never, signal: stop.signal })) {
      followed.push(...batch.events.map(({ data }) => data))
      if (followed.length === 2) break
    }
    const expected = [{ queues: { q: 3 } }, { queues: { q: 31 } }]
    expect(followed).to.deep.equal(expected)
    expect((await here.readAll({ after: 30 as never })).map(({ data }) => data)).to.deep.equal(expected)
    expect((await here.last('acknowledgements-p'))?.data).to.deep.equal(expected[1])
  })

  it('do not reach beyond the fact that names them', async () => {
    const events = await filled()
    await events.append('acknowledgements-p', [acknowledged(99, { q: 2 ** 53 - 1 })], 'any')
    await events.append('messages-0', [event(100)], 'any')
    const target = openMemoryEventStore()
    await importInto(target, await linesOf(events))
    expect(await served(target, 'acknowledgements-p')).to.deep.equal([{ queues: { q: 31 } }])
  })

  it('keep their order to what was forgotten: a queue behind it is behind it still', async () => {
    const events = openMemoryEventStore()
    const group = makeId('group', domain, new Uint8Array(16))
    const [messages, life] = [messagesStream(group), groupStream(group)]
    await events.append('messages-other', [event(0)], 'any')
    for (let n = 1; n <= 5; n++) await events.append(messages, [event(n)], 'any')
    // The third message stood at 400. One queue had come to the second of them, one past the third.
    const expired = { type: 'MessagesExpired', data: { group, upToRevision: 2, upToPosition: 400 } }
    await events.append(life, [{ ...event(6), ...expired }], 'any')
    await events.append('acknowledgements-p', [acknowledged(7, { behind: 300, beyond: 400 })], 'any')
    await events.truncate(messages, 3)
    const target = openMemoryEventStore()
    await importInto(target, await linesOf(sparse(events)))
    const [marks] = (await served(target, life)) as { upToPosition: number }[]
    const [queues] = (await served(target, 'acknowledgements-p')) as { queues: Record<string, number> }[]
    const [survivor] = await target.readStream(messages)
    expect(survivor?.revision).to.equal(3)
    expect(queues?.queues['behind']).to.be.lessThan(marks!.upToPosition)
    expect(queues?.queues['beyond']).to.equal(marks?.upToPosition)
    expect(marks?.upToPosition).to.be.lessThan(survivor!.position)
  })

  it('are found again when an imported log is imported once more', async () => {
    const events = await filled()
    await events.append(
      'acknowledgements-p',
      [sealed('acknowledgements-p', acknowledged(99, { q: 300, r: 500 }))],
      'any',
    )
    const second = openMemoryEventStore()
    await importInto(second, await linesOf(sparse(events)))
    await second.append('acknowledgements-p', [sealed('acknowledgements-p', acknowledged(100, { q: 5 }))], 'any')
    // Two of the places are gone, and all that follows stands elsewhere in the third log.
    await second.truncate('messages-1', 4)
    const third = openMemoryEventStore()
    const lines = await linesOf(second)
    expect(JSON.parse(lines[0] ?? '')).to.include({ version: 2 })
    await importInto(third, lines)
    expect(await served(third, 'acknowledgements-p')).to.deep.equal([{ queues: { q: 2, r: 3 } }, { queues: { q: 3 } }])
    expect(await third.readStream('acknowledgements-p')).to.satisfy((events: readonly StoredEvent[]) =>
      events.every((one) => checkOf(one) === 'holds'),
    )
  })
})
