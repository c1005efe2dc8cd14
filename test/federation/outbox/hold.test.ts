/** Whose turn it is to send to a peer: one process's, as long as it has something to do and not for ever. */
import { expect } from 'chai'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { holdPeers } from '#src/federation/outbox/hold.js'
import type { Hold, Served } from '#src/federation/outbox/hold.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import { handClock } from '../../adapters/eventStoreDB/handClock.js'

const peer = parseDomain('b.example')!
const other = parseDomain('c.example')!

const open = () => {
  const clock = handClock(1_000_000)
  const leases = openMemoryLeases({ now: () => clock.now() })
  const [one, two] = ['one', 'two'].map((holder) => holdPeers({ leases, holder, clock }))
  return { clock, one: one!, two: two! }
}
const answering = (served: Served) => (): Promise<Served> => Promise.resolve(served)
/** Whether its term ends, as the work was told. */
const told = async (hold: Hold, served: Served): Promise<boolean | 'elsewhere'> => {
  let ends: boolean | 'elsewhere' = 'elsewhere'
  await hold(peer, (now) => {
    ends = now
    return Promise.resolve(served)
  })
  return ends
}

describe('the turn to send to a peer', () => {
  it('is one process’s while it waits for something, and anybody’s once it rests', async () => {
    const { one, two } = open()
    expect(await one(peer, answering('waits'))).to.equal('waits')
    expect(await two(peer, answering('more'))).to.equal('elsewhere')
    expect(await two(other, answering('more'))).to.equal('more')
    expect(await one(peer, answering('rests'))).to.equal('rests')
    expect(await two(peer, answering('more'))).to.equal('more')
    expect(await one(peer, answering('more'))).to.equal('elsewhere')
  })

  it('goes to another when who has it is heard of no more', async () => {
    const { clock, one, two } = open()
    await one(peer, answering('waits'))
    clock.advance(10_001)
    expect(await two(peer, answering('more'))).to.equal('more')
  })

  it('stays as long as the work lasts, however long that is', async () => {
    const { clock, one, two } = open()
    let finish = (_served: Served): void => undefined
    const working = one(peer, () => new Promise((resolve) => (finish = resolve)))
    for (let n = 0; n < 6; n++) {
      await clock.sleeping(2_500)
      clock.advance(2_500)
      await new Promise(setImmediate)
    }
    expect(await two(peer, answering('more'))).to.equal('elsewhere')
    finish('rests')
    expect(await working).to.equal('rests')
  })

  it('is kept from nobody by a clock that leaps back', async () => {
    const { clock, one } = open()
    await told(one, 'more')
    clock.advance(30_000)
    expect([await told(one, 'more'), await told(one, 'more')]).to.deep.equal([true, 'elsewhere'])
    clock.advance(-3_600_000)
    expect(await told(one, 'more')).to.equal(false)
    clock.advance(-3_600_000)
    expect(await told(one, 'more')).to.equal(true)
  })

  it('ends after half a minute of work, which is told so, and is others’ for a second at least', async () => {
    const { clock, one, two } = open()
    for (let n = 0; n < 10; n++) {
      expect(await told(one, 'more')).to.equal(false)
      clock.advance(3_000)
    }
    expect(await told(one, 'more')).to.equal(true)
    expect(await told(one, 'more')).to.equal('elsewhere')
    expect(await told(two, 'more')).to.equal(false)
    clock.advance(1_000)
    expect(await told(one, 'more')).to.equal('elsewhere')
  })
})
