/** Whoever waits for the end of the queues is told the sum of what was read since, until it waits no more. */
import { expect } from 'chai'
import { newReading } from '#src/client/engine/reading.js'

describe('Reading', () => {
  it('tells each watcher the sum since it began', () => {
    const reading = newReading()
    const told: string[] = []
    const watch = (name: string): (() => void) => reading.watch(({ read }) => told.push(`${name} ${read}`))
    const first = watch('first')
    reading.add(100)
    const second = watch('second')
    reading.add(7)
    first()
    reading.add(1)
    second()
    reading.add(50)
    expect(told).to.deep.equal(['first 100', 'first 107', 'second 7', 'second 8'])
  })
})
