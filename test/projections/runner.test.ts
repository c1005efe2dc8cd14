/** Waiting for a read model to reach a position, while it moves on and on. */
import { expect } from 'chai'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { toPosition } from '#src/ports/position.js'
import { makeRunner } from '#src/projections/runner.js'
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
