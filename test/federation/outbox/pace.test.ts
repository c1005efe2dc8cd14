/** How often a peer is asked. */
import { expect } from 'chai'
import type { Notify } from '#src/federation/item.js'
import { paced } from '#src/federation/outbox/pace.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { handClock } from '../../adapters/eventStoreDB/handClock.js'

const [b, c] = [parseDomain('b.example')!, parseDomain('c.example')!]
const group = makeId('group', parseDomain('a.example')!, new Uint8Array(16))

describe('requests to a peer', () => {
  it('go out at once, but for the eighty-first in a second, which waits for its turn', async () => {
    const clock = handClock(1_000_000)
    const asked: string[] = []
    const notify: Notify = (peer) => {
      asked.push(peer)
      return Promise.resolve({ status: 'recorded', next: 1 })
    }
    const send = paced(notify, clock, new AbortController().signal)
    for (let n = 0; n < 80; n++) await send(b, group, [])
    expect(asked).to.have.length(80)
    const late = [send(b, group, []), send(b, group, [])]
    await send(c, group, [])
    expect(asked.slice(80)).to.deep.equal([c])
    clock.advance(12.5)
    await late[0]
    expect(asked.slice(80)).to.deep.equal([c, b])
    clock.advance(12.5)
    await late[1]
    clock.advance(1_000)
    for (let n = 0; n < 80; n++) await send(b, group, [])
    expect(asked).to.have.length(163)
  })

  it('wait for no clock that leapt back', async () => {
    const clock = handClock(10_000_000)
    const send = paced(() => Promise.resolve({ status: 'recorded', next: 1 }), clock, new AbortController().signal)
    for (let n = 0; n < 80; n++) await send(b, group, [])
    clock.advance(-3_600_000)
    expect(await send(b, group, [])).to.include({ next: 1 })
  })
})
