/** `homeserver events list | tail | show | trace`: an auditor sees what is in the log, where it came from, and nothing is written. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { filtersIn } from '#src/cli/events/filters.js'
import { lineOfEvent } from '#src/cli/events/lines.js'
import { eventsOf } from '#src/cli/events/pages.js'
import { traceOf } from '#src/cli/events/trace.js'
import type { Meta } from '#src/events/form/meta.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { silentLogger } from '../support/silentLogger.js'
import { temporaryDirectory, type TemporaryDirectory } from '../adapters/temporaryDirectory.js'
import { runCli } from './runCli.js'
import type { Ran } from './runCli.js'

const minute = 60_000
const began = Date.parse('2026-11-30T08:00:00Z')

type Given = { readonly stream: string; readonly type?: string; readonly meta?: Partial<Meta>; readonly id?: string }
const append = async (store: EventStore, ...given: readonly Given[]): Promise<readonly string[]> => {
  const ids: string[] = []
  for (const { stream, type = 'SomethingHappened', meta = {}, id = randomUUID() } of given) {
    const at = began + ((await store.head()) + 0) * minute
    await store.append(
      stream,
      [{ id, type, data: { said: 'x' }, meta: { v: 1, at, command: `c ${id}`, ...meta } }],
      'any',
    )
    ids.push(id)
  }
  return ids
}

describe('the events that filters admit', () => {
  let store: EventStore
  beforeEach(async () => {
    store = openMemoryEventStore()
    for (let n = 0; n < 300; n++)
      await append(store, { stream: `user-${n % 3}`, type: n % 2 === 0 ? 'Even' : 'Odd' }, { stream: 'group-1' })
  })
  const positions = async (options: Parameters<typeof filtersIn>[0]): Promise<readonly number[]> => {
    const found: number[] = []
    for await (const { position } of eventsOf(store, filtersIn(options))) found.push(position)
    return found
  }

  it('are all, page by page, where nothing is asked', async () => {
    expect(await positions({})).to.deep.equal(Array.from({ length: 600 }, (_, n) => n + 1))
  })

  it('are those of a stream, of a kind of stream, of types', async () => {
    expect(await positions({ stream: 'user-1' })).to.have.length(100)
    expect(await positions({ stream: 'user-*' })).to.have.length(300)
    expect(await positions({ stream: 'user' })).to.have.length(0)
    expect(await positions({ stream: 'ser-*' })).to.have.length(0)
    expect(await positions({ type: 'Even' })).to.have.length(150)
    expect(await positions({ type: 'Even,Odd', stream: 'user-2' })).to.have.length(100)
  })

  it('lie between positions and times, both ends with them', async () => {
    expect(await positions({ from: '10', until: '12' })).to.deep.equal([10, 11, 12])
    const times = { from: '2026-11-30T08:09:00Z', until: '2026-11-30T08:11:00Z' }
    expect(await positions(times)).to.deep.equal([10, 11, 12])
    expect(await positions({ ...times, stream: 'group-1' })).to.deep.equal([10, 12])
  })

  it('are refused where a place is neither', () => {
    for (const from of ['soon', '-1', '1.5', '2026-13-40'])
      expect(() => filtersIn({ from }), from).to.throw(/no position/)
  })

  it('are what has a cause or a request', async () => {
    const [cause = ''] = await append(store, { stream: 'user-9', meta: { request: 'r1' } })
    await append(store, { stream: 'group-9', meta: { cause } }, { stream: 'group-9' })
    expect(await positions({ cause })).to.deep.equal([602])
    expect(await positions({ cause: 'r1' })).to.deep.equal([601])
  })
})

describe('a trace', () => {
  it('is everything of one request and what followed, from wherever it is begun, and nothing else', async () => {
    const store = openMemoryEventStore()
    const [stranger = ''] = await append(store, { stream: 'user-0', meta: { request: 'other' } })
    const [first = ''] = await append(store, { stream: 'user-1', meta: { request: 'r1', command: 'c1' } })
    await append(store, { stream: 'handle-1', meta: { request: 'r1', command: 'c2' } })
    const [second = ''] = await append(store, { stream: 'group-1', meta: { cause: first } })
    await append(store, { stream: 'group-2', meta: { cause: stranger } })
    const [third = ''] = await append(store, { stream: 'group-3', meta: { cause: second } })
    await append(store, { stream: 'user-2' })
    for (const id of ['r1', first, 'c1', 'c2', second, third, '2', '6']) {
      const found = await traceOf(store, id)
      expect(
        found.map(({ position }) => position),
        id,
      ).to.deep.equal([2, 3, 4, 6])
    }
    expect((await traceOf(store, '7')).map(({ position }) => position)).to.deep.equal([7])
    expect(await traceOf(store, 'nobody')).to.deep.equal([])
    expect(await traceOf(store, '')).to.deep.equal([])
  })

  it('ends where causes go round in a circle, as no server writes them', async () => {
    const store = openMemoryEventStore()
    const [one, other] = [randomUUID(), randomUUID()]
    await append(
      store,
      { stream: 'a-1', id: one, meta: { cause: other } },
      { stream: 'a-1', id: other, meta: { cause: one } },
    )
    expect((await traceOf(store, one)).length).to.be.greaterThan(0)
  })
})

describe('a line of an event', () => {
  it('moves no terminal, whatever stands in the log', () => {
    const id = 'a\u001b[2J\nb'
    const line = lineOfEvent({
      position: 1 as never,
      stream: 's\u0007',
      revision: 0,
      id,
      type: 'T\u009b',
      data: null,
      meta: { v: 1, at: Number.MAX_SAFE_INTEGER, command: '', cause: '\u001b]0;x', request: 'r\r' },
      damage: '\u001b',
    })
    expect(line).to.not.match(/[\u0000-\u001f\u007f-\u009f]/)
  })
})

describe('homeserver events', () => {
  let directory: TemporaryDirectory
  let ids: readonly string[]
  let store: EventStore
  before(async () => {
    directory = temporaryDirectory()
    store = await openEmbeddedEventStore({ directory: directory.path, logger: silentLogger })
    ids = await append(store, { stream: 'user-1', meta: { request: 'r1' } }, { stream: 'group-1' })
    await append(store, { stream: 'group-2', meta: { cause: ids[0] ?? '' } })
  })
  after(async () => {
    await store.close()
    directory.remove()
  })
  const run = (...args: readonly string[]): Promise<Ran> => runCli(['events', ...args], { DATA_DIR: directory.path })

  it('list, show and trace beside whoever writes the log', async () => {
    const listed = await run('list', '--limit', '2')
    expect(listed.out.split('\n')).to.deep.equal([
      `1 2026-11-30T08:00:00.000Z SomethingHappened user-1@0 ${ids[0]} request=r1`,
      `2 2026-11-30T08:01:00.000Z SomethingHappened group-1@0 ${ids[1]}`,
    ])
    const asJson = (await run('list', '--json', '--stream', 'group-*')).out
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(asJson.map((one) => (one as { readonly stream: string }).stream)).to.deep.equal(['group-1', 'group-2'])
    for (const wanted of ['1', ids[0] ?? '']) {
      const shown = await run('show', wanted)
      expect(shown.out).to.match(/^1 2026-11-30T08:00:00\.000Z SomethingHappened user-1@0 [^\n]+\n\{[\s\S]*"said": "x"/)
    }
    expect((await run('trace', 'r1', '--json')).out.split('\n')).to.have.length(2)
    expect(await run('show', '99')).to.deep.include({ code: 1, said: 'homeserver: no event is "99"' })
    expect((await run('trace', 'nothing')).code).to.equal(1)
    expect((await run('list', '--limit', 'many')).code).to.equal(64)
    expect((await run('list', '--from', 'soon')).code).to.equal(64)
  })
})
