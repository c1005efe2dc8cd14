/** Reading that is held back for several reasons at once goes on when the last of them is gone, not before. */
import { expect } from 'chai'
import { holdReading } from '#src/api/realtime/reading.js'

describe('reading from a client', () => {
  const read = () => {
    const told: string[] = []
    const { hold } = holdReading({ pause: () => void told.push('pause'), resume: () => void told.push('resume') })
    return { hold, told }
  }

  it('goes on when nobody holds it back any more', () => {
    const { hold, told } = read()
    hold('line', true)
    hold('token', true)
    hold('line', false)
    expect(told).to.deep.equal(['pause'])
    hold('line', true)
    hold('token', false)
    expect(told).to.deep.equal(['pause'])
    hold('line', false)
    expect(told).to.deep.equal(['pause', 'resume'])
  })

  it('is told nothing that it knows', () => {
    const { hold, told } = read()
    hold('line', false)
    for (const held of [true, true, false, false, true]) hold('line', held)
    expect(told).to.deep.equal(['pause', 'resume', 'pause'])
  })
})
