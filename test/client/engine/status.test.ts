/** A client is as far as the reader that is furthest behind, and tells changes alone. */
import { expect } from 'chai'
import { type Status, statusOfReaders } from '#src/client/engine/status.js'

describe('Status of two readers', () => {
  const told: Status[] = []
  const status = statusOfReaders((now) => told.push(now))
  const [one, other] = [status.reader(), status.reader()]

  const steps: readonly (readonly [string, () => void, Status])[] = [
    ['one on its way, the other not', () => { one('connecting') }, 'offline'],
    ['both on their way', () => { other('connecting') }, 'connecting'],
    ['one caught up', () => { one('live') }, 'connecting'],
    ['both caught up', () => { other('live') }, 'live'],
    ['one cut off', () => { one('offline') }, 'offline'],
  ] // prettier-ignore
  for (const [name, step, expected] of steps)
    it(`is ${expected} with ${name}`, () => {
      step()
      expect(status.current()).to.equal(expected)
    })

  it('was told when it changed', () => {
    expect(told).to.deep.equal(['connecting', 'live', 'offline'])
  })
})
