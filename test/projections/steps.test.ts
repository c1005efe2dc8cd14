/** A read model moved on: rows at once, a checkpoint alone a little later, and nothing after another worker came. */
import { expect } from 'chai'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { origin, toPosition } from '#src/ports/position.js'
import type { Change, ReadModel } from '#src/ports/readModels.js'
import { settleAgainMs, settleMs, takeSteps } from '#src/projections/steps.js'
import type { Step } from '#src/projections/steps.js'

const schema = { name: 'seen', version: 1, tables: { seen: { key: ['position'], indexes: {} } } }
const row = (position: number): readonly Change[] => [{ table: 'seen', put: { position } }]
const to = (position: number): Step => ({
  to: toPosition(position),
  last: { stream: 'server', revision: position, id: `event ${String(position)}` },
})

describe('the steps of a read model', () => {
  let model: ReadModel
  let writes: number
  let naps: { readonly ms: number; readonly wake: () => void }[]
  let stop: AbortController
  beforeEach(async () => {
    model = await openMemoryReadModels().open(schema, 'log')
    writes = 0
    naps = []
    stop = new AbortController()
  })

  const start = (exact = false, from = origin) =>
    takeSteps({
      model: {
        apply: async (...asked) => {
          writes++
          await new Promise(setImmediate)
          return model.apply(...asked)
        },
      },
      clock: { now: () => 0, sleep: (ms) => new Promise((wake) => naps.push({ ms, wake })) },
      exact,
      from,
      signal: stop.signal,
    })
  const turns = async (): Promise<void> => {
    for (let n = 0; n < 10; n++) await new Promise(setImmediate)
  }

  it('that change rows are stored at once', async () => {
    const steps = start()
    expect(await steps.take(row(1), to(1))).to.equal(true)
    expect([writes, await model.checkpoint()]).to.deep.equal([1, 1])
  })

  it('that change none are stored together, a little later', async () => {
    const steps = start()
    for (const position of [1, 2, 3]) expect(await steps.take([], to(position))).to.equal(true)
    expect([writes, await model.checkpoint()]).to.deep.equal([0, 0])
    expect(naps.map(({ ms }) => ms)).to.deep.equal([settleMs])
    naps[0]?.wake()
    await turns()
    expect([writes, await model.checkpoint()]).to.deep.equal([1, 3])
  })

  it('that change none are stored by the next that does, and then not again', async () => {
    const steps = start()
    await steps.take([], to(1))
    await steps.take(row(2), to(2))
    naps[0]?.wake()
    await turns()
    expect([writes, await model.checkpoint()]).to.deep.equal([1, 2])
  })

  it('that come while a checkpoint is being stored follow it', async () => {
    const steps = start()
    await steps.take([], to(1))
    naps[0]?.wake()
    await Promise.resolve()
    expect(await steps.take(row(2), to(2))).to.equal(true)
    expect([writes, await model.checkpoint()]).to.deep.equal([2, 2])
  })

  it('are all stored where they end, and where each is told to somebody', async () => {
    const steps = start()
    await steps.take([], to(1))
    await steps.settle()
    expect([writes, await model.checkpoint()]).to.deep.equal([1, 1])
    const exact = start(true, toPosition(1))
    await exact.take([], to(2))
    expect([writes, await model.checkpoint()]).to.deep.equal([2, 2])
  })

  it('end where another worker moved the rows, also when only a late checkpoint finds out', async () => {
    const steps = start()
    await steps.take([], to(2))
    await model.apply(row(1), toPosition(1), origin)
    naps[0]?.wake()
    await turns()
    expect(await steps.take([], to(3))).to.equal(false)
    expect(await steps.take(row(4), to(4))).to.equal(false)
    expect(await model.checkpoint()).to.equal(1)
  })

  it('are tried again where a late checkpoint could not be stored, though nothing follows', async () => {
    const apply = model.apply.bind(model)
    model.apply = () => Promise.reject(new Error('away'))
    const steps = start()
    await steps.take([], to(1))
    for (const [n, ms] of [settleMs, settleAgainMs].entries()) {
      expect(naps[n]?.ms).to.equal(ms)
      naps[n]?.wake()
      await turns()
    }
    expect(await model.checkpoint()).to.equal(0)
    model.apply = apply
    expect(naps[2]?.ms).to.equal(settleAgainMs)
    naps[2]?.wake()
    await turns()
    expect([writes, await model.checkpoint(), naps.length]).to.deep.equal([3, 1, 3])
    expect(await steps.take(row(2), to(2))).to.equal(true)
  })

  it('that could not be stored go with the next that changes rows', async () => {
    const apply = model.apply.bind(model)
    model.apply = () => Promise.reject(new Error('away'))
    const steps = start()
    await steps.take([], to(1))
    await steps.settle().catch(() => undefined)
    model.apply = apply
    expect(await steps.take(row(2), to(2))).to.equal(true)
    naps[0]?.wake()
    await turns()
    expect([writes, await model.checkpoint()]).to.deep.equal([2, 2])
  })
})
