/** What was acknowledged and is not written yet: newer words replace older ones, and outlive the writing of those. */
import { expect } from 'chai'
import { keepHeard } from '#src/delivery/heard.js'
import type { Heard } from '#src/delivery/heard.js'
import { queueNumber } from '../projections/queues/world.js'

const [ana, ben] = [queueNumber(1), queueNumber(2)]

describe('what queues acknowledge', () => {
  let heard: Heard
  beforeEach(() => {
    heard = keepHeard()
  })
  const say = (queue: typeof ana, upTo: number, generation?: number): void => {
    heard.acknowledge({ queue, upTo, generation })
  }
  const waiting = (): readonly (readonly [string, number])[] => heard.next(9).map(({ queue, upTo }) => [queue, upTo])

  it('waits as the furthest position of each queue, first come first', () => {
    say(ana, 4)
    say(ben, 2)
    say(ana, 6)
    say(ben, 1)
    expect(waiting()).to.deep.equal([
      [ana, 6],
      [ben, 2],
    ])
    expect([heard.waiting(), heard.next(1)]).to.deep.equal([2, [{ queue: ana, upTo: 6, generation: undefined }]])
  })

  it('is in force after it is written; what came meanwhile waits on', () => {
    say(ana, 4)
    say(ben, 2)
    const batch = heard.next(9)
    say(ana, 6)
    heard.written(batch)
    expect(waiting()).to.deep.equal([[ana, 6]])
    expect([heard.acknowledged(ana), heard.acknowledged(ben)]).to.deep.equal([6, 2])
  })

  it('is taken back with all that its consumer said', () => {
    say(ana, 4, 1)
    const batch = heard.next(9)
    heard.takeBack(batch)
    expect([waiting(), heard.acknowledged(ana)]).to.deep.equal([[], 0])
  })

  it('is repeated as far as was heard or the log knows, unless it waits anyway', () => {
    say(ana, 9)
    heard.written(heard.next(9))
    heard.repeat(ana, 7)
    heard.repeat(ben, 7)
    say(ben, 8)
    heard.repeat(ben, 20)
    expect(waiting()).to.deep.equal([
      [ana, 9],
      [ben, 8],
    ])
  })
})
