/** Waiting for a read model to reach a position, while it moves on and on. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { LogDamaged, StoreUnavailable, type EventStore } from '#src/ports/eventStore.js'
import type { Logger } from '#src/ports/logger.js'
import { origin, toPosition } from '#src/ports/position.js'
import type { ReadModel } from '#src/ports/readModels.js'
import type { Projection } from '#src/projections/projection.js'
import { makeRunner } from '#src/projections/runner.js'
import type { Beside } from '#src/projections/runner.js'
import { openIdentityHouse } from '../api/identityHouse.js'
import { silentLogger } from '../support/silentLogger.js'

const advances = 12

describe('who waits for a read model', () => {
  it('is told when it is there, and costs one listener however often it advances before', async () => {
    const house = await openIdentityHouse()
    const warnings: string[] = []
    const warned = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', warned)
    const { projection, events } = house
    const model = await openMemoryReadModels().open(projection.schema, 'log')
    const runner = makeRunner({ projection, model, events, clock: systemClock, logger: silentLogger })
    const stop = new AbortController()
    const running = runner.run(stop.signal)
    const target = toPosition((await events.head()) + advances)
    let there = false
    const waiting = runner.reached(target, 60_000).then((met) => (there = met))
    for (let n = 0; (await events.head()) < target; n++) {
      expect(there).to.equal(false)
      await house.registerUser(`person-${n}`)
      await runner.reached(await events.head(), 5_000)
    }
    expect(await waiting).to.equal(true)
    expect(await runner.reached(toPosition(target + 1_000), 1)).to.equal(false)
    stop.abort()
    await running
    await house.close()
    process.off('warning', warned)
    expect(warnings).to.deep.equal([])
  })
})

describe('who moves a read model', () => {
  const projection: Projection = {
    schema: { name: 'seen', version: 1, tables: { seen: { key: ['position'], indexes: {} } } },
    project: ({ position, event }, rows) => {
      if (event.type === 'OperatorTokenIssued' && event.data.tokenHash === 'nothing') return
      rows.put('seen', { position })
      if (event.type === 'OperatorTokenIssued' && event.data.tokenHash === 'a bug') throw new Error('a bug')
    },
  }
  let events: EventStore
  let model: ReadModel
  beforeEach(async () => {
    events = openMemoryEventStore()
    model = await openMemoryReadModels().open(projection.schema, 'log')
  })
  /** As one batch, before anybody follows. */
  const append = async (...hashes: readonly string[]): Promise<void> => {
    const news = hashes.map((tokenHash, n) => ({
      id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      type: 'OperatorTokenIssued',
      data: { tokenHash },
      meta: { v: 1, at: 1, command: tokenHash, bodyHash: '' },
    }))
    await events.append('server', news, 'any')
  }
  /** The rows there are once a runner stands at the head. */
  const seen = async (on: ReadModel, logger: Logger = silentLogger): Promise<readonly unknown[]> => {
    const runner = makeRunner({ projection, model: on, events, clock: systemClock, logger })
    const stop = new AbortController()
    const running = runner.run(stop.signal)
    const head = await events.head()
    expect(await runner.reached(head, 30_000)).to.equal(true)
    stop.abort()
    await running
    expect(await model.checkpoint()).to.equal(head)
    const rows = await model.range({ table: 'seen', index: 'key', prefix: [], limit: 99 })
    return rows.map(({ position }) => position)
  }

  it('starts again from the checkpoint as it is when another moved it meanwhile', async () => {
    await append('one', 'two', 'three')
    let others = 1
    const contested: ReadModel = {
      ...model,
      apply: async (...asked) => {
        if (others-- > 0) await model.apply([{ table: 'seen', put: { position: 1 } }], toPosition(1), origin)
        return model.apply(...asked)
      },
    }
    expect(await seen(contested)).to.deep.equal([1, 2, 3])
  })

  it('has stored how far it came when it ends, where what came changed nothing', async () => {
    await append('nothing')
    expect(await seen(model)).to.deep.equal([])
  })

  it('tells of a store that is away as weather, and of any other failure as an error', async () => {
    await append('one')
    const failures = [new StoreUnavailable('away'), new LogDamaged('torn'), new Error('a bug')]
    const failing: ReadModel = {
      ...model,
      apply: async (...asked) => {
        const failure = failures.shift()
        if (failure !== undefined) throw failure
        return model.apply(...asked)
      },
    }
    const lines: string[] = []
    const logger = jsonLog('debug', (line) => lines.push(line), Date.now)
    expect(await seen(failing, logger)).to.deep.equal([1])
    const levels = lines.map((line) => (JSON.parse(line) as { readonly level: string }).level)
    expect(levels).to.deep.equal(['warn', 'error', 'error'])
  })

  it('leaves out what it cannot take, with all that this had begun, and takes what follows in the batch', async () => {
    await append('one', 'a bug', 'three')
    expect(await seen(model)).to.deep.equal([1, 3])
  })

  it('gathers what it is behind by where nobody waits for it, and gives way at every event', async () => {
    await append('one', 'two', 'three', 'four', 'five', 'six')
    const all = await events.readAll({ after: origin })
    const behind: EventStore = {
      ...events,
      follow: async function* () {
        for (let at = 0; at < all.length; at += 2) yield { events: all.slice(at, at + 2), live: false }
        yield await Promise.resolve({ events: [], live: true })
      },
    }
    const appliedUpTo = async (beside?: Beside): Promise<readonly number[]> => {
      const steps: number[] = []
      const built = await openMemoryReadModels().open(projection.schema, 'log')
      const told: ReadModel = {
        ...built,
        apply: (changes, to, ...rest) => {
          steps.push(to)
          return built.apply(changes, to, ...rest)
        },
      }
      const deps = { projection, model: told, events: behind, clock: systemClock, logger: silentLogger }
      const runner = makeRunner({ ...deps, beside: () => beside })
      const stop = new AbortController()
      const running = runner.run(stop.signal)
      await runner.reached(await events.head(), 30_000)
      stop.abort()
      await running
      return steps
    }
    let pauses = 0
    const pause = async (): Promise<void> => {
      pauses++
      await Promise.resolve()
    }
    expect(await appliedUpTo({ gatherMin: 3, pause })).to.deep.equal([4, 6])
    expect(pauses).to.equal(2 * all.length)
    expect(await appliedUpTo()).to.deep.equal([2, 4, 6])
  })
})
